-- Written by workflow_kernel.storage.migrations.make; never edited.

CREATE TABLE audit_event (
    id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    actor_id UUID,
    actor TEXT NOT NULL,
    via TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    address TEXT NOT NULL,
    request TEXT NOT NULL,
    details JSONB DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT pk_audit_event PRIMARY KEY (id)
);

CREATE INDEX ix_audit_event_actor_id_at ON audit_event (actor_id, at);

CREATE INDEX ix_audit_event_at ON audit_event (at);

CREATE INDEX ix_audit_event_subject_at ON audit_event (subject, at);

CREATE TABLE data_key (
    purpose TEXT NOT NULL,
    wrapped_key BYTEA NOT NULL,
    key_id TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_data_key PRIMARY KEY (purpose)
);

CREATE TABLE delivery (
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    execution_id UUID,
    answer BYTEA,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_delivery PRIMARY KEY (source, key)
);

CREATE INDEX ix_delivery_expires_at ON delivery (expires_at);

CREATE TABLE role (
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    permissions TEXT[] DEFAULT '{}'::text[] NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_role PRIMARY KEY (name)
);

CREATE TABLE runner (
    id UUID NOT NULL,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE NOT NULL,
    place TEXT DEFAULT '' NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_runner PRIMARY KEY (id)
);

CREATE TABLE tag (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_tag PRIMARY KEY (id)
);

CREATE UNIQUE INDEX uq_tag_name ON tag (lower(name));

CREATE TABLE tick (
    trigger TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    execution_id UUID,
    CONSTRAINT pk_tick PRIMARY KEY (trigger, at)
);

CREATE INDEX ix_tick_at ON tick (at);

CREATE TABLE user_account (
    id UUID NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password TEXT,
    is_active BOOLEAN DEFAULT true NOT NULL,
    verified_at TIMESTAMP WITH TIME ZONE,
    totp_secret BYTEA,
    totp_confirmed_at TIMESTAMP WITH TIME ZONE,
    totp_last_step BIGINT,
    failed_sign_ins BIGINT DEFAULT 0 NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    signed_out_at TIMESTAMP WITH TIME ZONE,
    signed_in_at TIMESTAMP WITH TIME ZONE,
    preferences JSONB DEFAULT '{}'::jsonb NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_user_account PRIMARY KEY (id)
);

CREATE UNIQUE INDEX uq_user_account_email ON user_account (lower(email));

CREATE TABLE api_key (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    hash TEXT NOT NULL,
    scopes TEXT[] DEFAULT '{}'::text[] NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_api_key PRIMARY KEY (id),
    CONSTRAINT uq_api_key_hash UNIQUE (hash),
    CONSTRAINT fk_api_key_user_id FOREIGN KEY(user_id) REFERENCES user_account (id) ON DELETE CASCADE
);

CREATE INDEX ix_api_key_user_id ON api_key (user_id);

CREATE TABLE identity (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_identity PRIMARY KEY (id),
    CONSTRAINT uq_identity_issuer_subject UNIQUE (issuer, subject),
    CONSTRAINT fk_identity_user_id FOREIGN KEY(user_id) REFERENCES user_account (id) ON DELETE CASCADE
);

CREATE INDEX ix_identity_user_id ON identity (user_id);

CREATE TABLE invitation (
    id UUID NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    hash TEXT NOT NULL,
    invited_by UUID,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_invitation PRIMARY KEY (id),
    CONSTRAINT uq_invitation_hash UNIQUE (hash),
    CONSTRAINT fk_invitation_invited_by FOREIGN KEY(invited_by) REFERENCES user_account (id) ON DELETE SET NULL
);

CREATE TABLE passkey (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    credential_id BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    sign_count BIGINT NOT NULL,
    name TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_passkey PRIMARY KEY (id),
    CONSTRAINT uq_passkey_credential_id UNIQUE (credential_id),
    CONSTRAINT fk_passkey_user_id FOREIGN KEY(user_id) REFERENCES user_account (id) ON DELETE CASCADE
);

CREATE INDEX ix_passkey_user_id ON passkey (user_id);

CREATE TABLE project (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    owner_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_project PRIMARY KEY (id),
    CONSTRAINT fk_project_owner_id FOREIGN KEY(owner_id) REFERENCES user_account (id) ON DELETE RESTRICT
);

CREATE UNIQUE INDEX uq_project_owner_id ON project (owner_id) WHERE owner_id is not null;

CREATE TABLE recovery_code (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    hash TEXT NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_recovery_code PRIMARY KEY (id),
    CONSTRAINT fk_recovery_code_user_id FOREIGN KEY(user_id) REFERENCES user_account (id) ON DELETE CASCADE
);

CREATE INDEX ix_recovery_code_user_id ON recovery_code (user_id);

CREATE TABLE template (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    categories TEXT[] DEFAULT '{}'::text[] NOT NULL,
    document JSON NOT NULL,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_template PRIMARY KEY (id),
    CONSTRAINT fk_template_created_by FOREIGN KEY(created_by) REFERENCES user_account (id) ON DELETE SET NULL
);

CREATE TABLE credential (
    id UUID NOT NULL,
    project_id UUID NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    public JSONB DEFAULT '{}'::jsonb NOT NULL,
    secrets TEXT[] DEFAULT '{}'::text[] NOT NULL,
    secret BYTEA NOT NULL,
    wrapped_key BYTEA NOT NULL,
    key_id TEXT NOT NULL,
    token BYTEA,
    version BIGINT NOT NULL,
    revision BIGINT DEFAULT 1 NOT NULL,
    encrypted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_credential PRIMARY KEY (id),
    CONSTRAINT fk_credential_project_id FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE,
    CONSTRAINT fk_credential_created_by FOREIGN KEY(created_by) REFERENCES user_account (id) ON DELETE SET NULL
);

CREATE INDEX ix_credential_project_id ON credential (project_id);

CREATE TABLE folder (
    id UUID NOT NULL,
    project_id UUID NOT NULL,
    parent_id UUID,
    name TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_folder PRIMARY KEY (id),
    CONSTRAINT fk_folder_project_id FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE,
    CONSTRAINT fk_folder_parent_id FOREIGN KEY(parent_id) REFERENCES folder (id) ON DELETE CASCADE
);

CREATE INDEX ix_folder_project_id ON folder (project_id);

CREATE TABLE project_member (
    project_id UUID NOT NULL,
    user_id UUID NOT NULL,
    role TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_project_member PRIMARY KEY (project_id, user_id),
    CONSTRAINT fk_project_member_project_id FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE,
    CONSTRAINT fk_project_member_user_id FOREIGN KEY(user_id) REFERENCES user_account (id) ON DELETE CASCADE
);

CREATE INDEX ix_project_member_user_id ON project_member (user_id);

CREATE TABLE variable (
    id UUID NOT NULL,
    project_id UUID,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_variable PRIMARY KEY (id),
    CONSTRAINT uq_variable_project_id_key UNIQUE NULLS NOT DISTINCT (project_id, key),
    CONSTRAINT fk_variable_project_id FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE
);

CREATE TABLE credential_share (
    credential_id UUID NOT NULL,
    project_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_credential_share PRIMARY KEY (credential_id, project_id),
    CONSTRAINT fk_credential_share_credential_id FOREIGN KEY(credential_id) REFERENCES credential (id) ON DELETE CASCADE,
    CONSTRAINT fk_credential_share_project_id FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE
);

CREATE INDEX ix_credential_share_project_id ON credential_share (project_id);

CREATE TABLE workflow (
    id UUID NOT NULL,
    project_id UUID NOT NULL,
    folder_id UUID,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    version BIGINT NOT NULL,
    published_version BIGINT,
    node_types TEXT[] DEFAULT '{}'::text[] NOT NULL,
    is_active BOOLEAN DEFAULT false NOT NULL,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_workflow PRIMARY KEY (id),
    CONSTRAINT fk_workflow_project_id FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE RESTRICT,
    CONSTRAINT fk_workflow_folder_id FOREIGN KEY(folder_id) REFERENCES folder (id) ON DELETE SET NULL,
    CONSTRAINT fk_workflow_created_by FOREIGN KEY(created_by) REFERENCES user_account (id) ON DELETE SET NULL
);

CREATE INDEX ix_workflow_deleted ON workflow (deleted_at) WHERE deleted_at is not null;

CREATE INDEX ix_workflow_folder ON workflow (folder_id) WHERE folder_id is not null;

CREATE INDEX ix_workflow_node_types ON workflow USING gin (node_types);

CREATE INDEX ix_workflow_project_updated ON workflow (project_id, updated_at desc, id desc) WHERE deleted_at is null;

CREATE INDEX ix_workflow_updated ON workflow (updated_at desc, id desc) WHERE deleted_at is null;

CREATE TABLE execution (
    id UUID NOT NULL,
    workflow_id UUID,
    project_id UUID NOT NULL,
    version BIGINT,
    document JSON,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    priority SMALLINT NOT NULL,
    owner UUID,
    epoch BIGINT NOT NULL,
    losses SMALLINT DEFAULT 0 NOT NULL,
    cancel_asked BOOLEAN DEFAULT false NOT NULL,
    resume_asked BOOLEAN DEFAULT false NOT NULL,
    start TEXT NOT NULL,
    input BYTEA,
    options JSONB DEFAULT '{}'::jsonb NOT NULL,
    runs BYTEA,
    error JSONB,
    last_node TEXT NOT NULL,
    annotations JSONB,
    key TEXT,
    trigger_id UUID,
    parent_id UUID,
    retry_of UUID,
    fork_of UUID,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    wake_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_execution PRIMARY KEY (id),
    CONSTRAINT fk_execution_workflow_id FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
    CONSTRAINT fk_execution_project_id FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE
);

CREATE INDEX ix_execution_created ON execution (created_at desc, id desc);

CREATE INDEX ix_execution_failed ON execution (project_id, created_at desc) WHERE state in ('failed', 'timed_out');

CREATE INDEX ix_execution_open ON execution (state, owner) WHERE state in ('queued', 'running', 'suspended');

CREATE INDEX ix_execution_parent ON execution (parent_id) WHERE parent_id is not null;

CREATE INDEX ix_execution_project_created ON execution (project_id, created_at desc);

CREATE INDEX ix_execution_wake ON execution (wake_at) WHERE wake_at is not null;

CREATE INDEX ix_execution_workflow_created ON execution (workflow_id, created_at desc);

CREATE UNIQUE INDEX uq_execution_key ON execution (workflow_id, key) WHERE key is not null;

CREATE TABLE schedule (
    id UUID NOT NULL,
    workflow_id UUID NOT NULL,
    node TEXT NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    rule JSONB DEFAULT '{}'::jsonb NOT NULL,
    timezone TEXT NOT NULL,
    missed TEXT NOT NULL,
    is_paused BOOLEAN DEFAULT false NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE,
    last_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_schedule PRIMARY KEY (id),
    CONSTRAINT uq_schedule_workflow_id_node_position UNIQUE (workflow_id, node, position),
    CONSTRAINT fk_schedule_workflow_id FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_schedule_due ON schedule (next_at) WHERE is_paused = false;

CREATE TABLE trigger (
    id UUID NOT NULL,
    workflow_id UUID NOT NULL,
    node TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    version BIGINT NOT NULL,
    parameters JSONB DEFAULT '{}'::jsonb NOT NULL,
    credential TEXT NOT NULL,
    cursor JSONB DEFAULT '{}'::jsonb NOT NULL,
    error TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_trigger PRIMARY KEY (id),
    CONSTRAINT uq_trigger_workflow_id_node UNIQUE (workflow_id, node),
    CONSTRAINT fk_trigger_workflow_id FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE TABLE webhook (
    id UUID NOT NULL,
    workflow_id UUID NOT NULL,
    node TEXT NOT NULL,
    path TEXT NOT NULL,
    method TEXT NOT NULL,
    is_test BOOLEAN DEFAULT false NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    created_by UUID,
    called_at TIMESTAMP WITH TIME ZONE,
    calls BIGINT DEFAULT 0 NOT NULL,
    settings JSONB DEFAULT '{}'::jsonb NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_webhook PRIMARY KEY (id),
    CONSTRAINT uq_webhook_path_method_is_test UNIQUE (path, method, is_test),
    CONSTRAINT fk_webhook_workflow_id FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
);

CREATE INDEX ix_webhook_workflow_id ON webhook (workflow_id);

CREATE TABLE workflow_tag (
    workflow_id UUID NOT NULL,
    tag_id UUID NOT NULL,
    CONSTRAINT pk_workflow_tag PRIMARY KEY (workflow_id, tag_id),
    CONSTRAINT fk_workflow_tag_workflow_id FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
    CONSTRAINT fk_workflow_tag_tag_id FOREIGN KEY(tag_id) REFERENCES tag (id) ON DELETE CASCADE
);

CREATE INDEX ix_workflow_tag_tag_id ON workflow_tag (tag_id);

CREATE TABLE workflow_version (
    id UUID NOT NULL,
    workflow_id UUID NOT NULL,
    number BIGINT NOT NULL,
    document JSON NOT NULL,
    name TEXT NOT NULL,
    note TEXT NOT NULL,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_workflow_version PRIMARY KEY (id),
    CONSTRAINT uq_workflow_version_workflow_id_number UNIQUE (workflow_id, number),
    CONSTRAINT fk_workflow_version_workflow_id FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
    CONSTRAINT fk_workflow_version_created_by FOREIGN KEY(created_by) REFERENCES user_account (id) ON DELETE SET NULL
);

CREATE TABLE node_run (
    sequence BIGINT GENERATED BY DEFAULT AS IDENTITY,
    execution_id UUID NOT NULL,
    node TEXT NOT NULL,
    run_index BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    entry BYTEA NOT NULL,
    CONSTRAINT pk_node_run PRIMARY KEY (sequence),
    CONSTRAINT fk_node_run_execution_id FOREIGN KEY(execution_id) REFERENCES execution (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX uq_node_run_place ON node_run (execution_id, node, run_index, kind);
