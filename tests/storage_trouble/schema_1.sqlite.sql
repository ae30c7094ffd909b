-- The ledger's tables as version 0.1.0 made them.

CREATE TABLE audit (
    seq INTEGER NOT NULL,
    at DATETIME NOT NULL,
    actor VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    payload VARCHAR NOT NULL,
    previous VARCHAR NOT NULL,
    hash VARCHAR NOT NULL,
    PRIMARY KEY (seq)
);

CREATE TABLE consent (
    consent_id INTEGER NOT NULL,
    contact_id VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    basis VARCHAR,
    text_version VARCHAR,
    source VARCHAR NOT NULL,
    external_id VARCHAR,
    at DATETIME NOT NULL,
    expires_at DATETIME,
    PRIMARY KEY (consent_id),
    UNIQUE (contact_id, channel, purpose, state, at, source)
);

CREATE INDEX consent_by_contact ON consent (contact_id);

CREATE TABLE effect (
    effect_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    packet_id VARCHAR NOT NULL,
    candidate INTEGER NOT NULL,
    contact_id VARCHAR,
    account_id VARCHAR,
    agent VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    campaign_id VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    treatment VARCHAR NOT NULL,
    action_class VARCHAR NOT NULL,
    slot_at DATETIME NOT NULL,
    local_day VARCHAR NOT NULL,
    amount INTEGER,
    payload_hash VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    at DATETIME NOT NULL,
    attempts INTEGER NOT NULL,
    provider_ref VARCHAR,
    PRIMARY KEY (effect_id)
);

CREATE INDEX effect_due ON effect (state, slot_at);

CREATE UNIQUE INDEX effect_once_a_day ON effect (contact_id, channel, treatment, local_day) WHERE state IN ('intent', 'sending', 'accepted', 'unknown');

CREATE INDEX ix_effect_packet_id ON effect (packet_id);

CREATE INDEX ix_effect_run_id ON effect (run_id);

CREATE TABLE meta (
    "key" VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    PRIMARY KEY ("key")
);

CREATE TABLE packet (
    packet_id VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    run_id VARCHAR NOT NULL,
    disposition VARCHAR NOT NULL,
    payload VARCHAR NOT NULL,
    payload_hash VARCHAR NOT NULL,
    judged_at DATETIME NOT NULL,
    PRIMARY KEY (packet_id, version)
);

CREATE INDEX ix_packet_run_id ON packet (run_id);

CREATE TABLE pause (
    pause_id INTEGER NOT NULL,
    scope VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    "by" VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    lifted_at DATETIME,
    lifted_by VARCHAR,
    PRIMARY KEY (pause_id)
);

CREATE TABLE programme (
    proposal_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    payload VARCHAR NOT NULL,
    PRIMARY KEY (proposal_id)
);

CREATE INDEX ix_programme_run_id ON programme (run_id);

CREATE TABLE reservation (
    reservation_id INTEGER NOT NULL,
    decision_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    packet_id VARCHAR NOT NULL,
    resource VARCHAR NOT NULL,
    holder VARCHAR NOT NULL,
    account_id VARCHAR,
    amount FLOAT NOT NULL,
    at DATETIME NOT NULL,
    state VARCHAR NOT NULL,
    PRIMARY KEY (reservation_id),
    UNIQUE (decision_id, resource)
);

CREATE INDEX ix_reservation_packet_id ON reservation (packet_id);

CREATE INDEX reservation_by_resource ON reservation (resource, holder, at);

CREATE TABLE review (
    packet_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    payload_hash VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    approvals_needed INTEGER NOT NULL,
    opened_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    interrupt_id VARCHAR,
    settled BOOLEAN NOT NULL,
    PRIMARY KEY (packet_id)
);

CREATE INDEX ix_review_run_id ON review (run_id);

CREATE TABLE run (
    run_id VARCHAR NOT NULL,
    schedule VARCHAR NOT NULL,
    slot VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    pins VARCHAR NOT NULL,
    summary VARCHAR,
    PRIMARY KEY (run_id),
    UNIQUE (schedule, slot)
);

CREATE TABLE run_table (
    run_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    PRIMARY KEY (run_id, name)
);

CREATE TABLE suppression (
    contact_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    PRIMARY KEY (contact_id)
);

CREATE TABLE vote (
    packet_id VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    person_id VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL,
    at DATETIME NOT NULL,
    PRIMARY KEY (packet_id, version, person_id)
);
