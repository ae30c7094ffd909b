"""What other products get wrong (W1 to W22) and what contact law asks (L1 to L32), run as tests."""
