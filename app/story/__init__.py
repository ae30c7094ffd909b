"""What people see: pages, tables and the demo's story. They show; they never compute."""
