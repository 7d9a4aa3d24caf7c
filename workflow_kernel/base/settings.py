"""Settings of the service: from variables of the environment, then a TOML file, then defaults.

``Settings()`` reads ``WORKFLOW_*`` variables and the file that ``WORKFLOW_CONFIG`` names (``workflow.toml`` in the data
folder when not set). Nothing here opens a connection.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any, Literal, get_origin

import platformdirs
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from workflow_kernel.base.errors import WorkflowError

CONFIG = "WORKFLOW_CONFIG"
DATA_FOLDER = "WORKFLOW_DATA_FOLDER"


def default_data_folder() -> Path:
    """Where the service of this user keeps everything.

    Root's home is closed to the account that its Postgres runs as, so root's data go where those of services go.
    """
    if named := os.environ.get(DATA_FOLDER):
        return Path(named)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/workflow")
    return platformdirs.user_data_path("workflow", appauthor=False)


def config_file() -> Path:
    """The TOML file settings are read from, whether it is there or not."""
    named = os.environ.get(CONFIG)
    return Path(named) if named else default_data_folder() / "workflow.toml"


class InvalidSettingsError(WorkflowError):
    """Settings cannot be read, or have wrong values."""

    code = "WF799"


class SignOnProvider(BaseModel):
    """Where people may sign in with an account they have elsewhere.

    ``kind`` ``google`` and ``github`` need no ``issuer``; ``microsoft`` takes one of a tenant, or admits all tenants.
    ``create``: whether people who have no account get one; ``registration`` does as that setting says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="In addresses, e.g. google.")
    kind: Literal["google", "github", "microsoft", "oidc"] = Field("oidc", description="What it is.")
    title: str = Field("", description="What people see; else the name.")
    issuer: str = Field("", description="Of an OpenID Connect provider, e.g. https://login.example.com.")
    client_id: str = Field(description="Of this service, as the provider gave it.")
    client_secret: SecretStr = Field(SecretStr(""), description="Of this service; empty for a public client.")
    scopes: list[str] = Field(default_factory=list, description="To ask for; else what signing in needs.")
    domains: list[str] = Field(default_factory=list, description="Of e-mail addresses that may; else all.")
    create: Literal["registration", "always", "never"] = Field("registration", description="Whether to make accounts.")
    role: str = Field("editor", description="Of accounts it makes.")


class Settings(BaseSettings):
    """Everything about a service that can be set. A variable is named ``WORKFLOW_`` and the field in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="WORKFLOW_", extra="forbid", validate_default=True, enable_decoding=False
    )

    # Where things are.
    data_folder: Path = Field(default_factory=default_data_folder, description="Folder of everything kept on disk.")
    config: Path | None = Field(None, description="TOML file with settings.")
    database_url: SecretStr | None = Field(None, description="postgresql://... of a shared Postgres; else one of ours.")
    redis_url: SecretStr | None = Field(None, description="redis://... of a shared Redis; else one of ours.")
    blob_url: str | None = Field(None, description="Where attachments and large values go; a folder or s3://...")
    files_folder: Path | None = Field(
        None, description="Where relative paths of nodes begin; else files/ of the data folder."
    )
    database_pool: int = Field(20, ge=2, le=500, description="Connections to Postgres at most.")
    connect_timeout: float = Field(5.0, gt=0, description="Seconds to wait for Postgres and Redis.")

    # The server.
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(5680, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    base_url: str = Field("/", description="Path below which everything is served.")
    public_url: str = Field("", description="How the outside reaches the service, e.g. https://flows.example.com.")
    trusted_proxies: list[str] = Field(default_factory=list, description="CIDRs whose X-Forwarded-For counts.")
    cors_origins: list[str] = Field(default_factory=list, description="Origins other than ours that may call.")
    rate_limit: int = Field(60, ge=0, description="API requests per minute and user; 0 for no limit.")
    max_body: int = Field(16 << 20, ge=1024, description="Bytes a request may have.")
    max_file: int = Field(1 << 30, ge=1024, description="Bytes a file may have that is sent to the files folder.")
    max_json_depth: int = Field(64, ge=4, le=500, description="How deep JSON of a request may be nested.")

    # Executions.
    concurrency: int = Field(50, ge=1, description="Executions a worker runs at once.")
    user_concurrency: int = Field(0, ge=0, description="Executions of one user at once; 0 for no limit.")
    workflow_concurrency: int = Field(0, ge=0, description="Executions of one workflow at once; 0 for no limit.")
    node_concurrency: dict[str, PositiveInt] = Field(
        default_factory=dict,
        description='Node runs at once, over all processes, by node type or family: {"web.*": 8, "code.python": 4}.',
    )
    queue_bound: int = Field(100_000, ge=1, description="Executions that may wait; more are refused with 429.")
    lease: float = Field(15.0, gt=0.2, description="Seconds after which a silent worker's executions are taken over.")
    beat: float = Field(3.0, gt=0.05, description="Seconds between a worker's signs of life.")
    park_after: float = Field(30.0, ge=0, description="Waits longer than this leave memory, in seconds.")
    keep_days: float = Field(14, ge=0, description="Days executions are kept; 0 keeps them all.")
    keep_deleted_days: float = Field(30, ge=0, description="Days deleted workflows can be restored; 0 for ever.")
    keep_count: int = Field(100_000, ge=0, description="Executions kept at most; 0 for no limit.")

    # Sign-in.
    registration: Literal["open", "invited", "off"] = Field("invited", description="Who may make an account.")
    require_second_factor: bool = Field(False, description="Whether everybody needs a second factor.")
    access_minutes: int = Field(60, ge=1, description="Minutes an access token counts.")
    session_days: int = Field(7, ge=1, description="Days a session lasts without use.")
    jwt_algorithm: Literal["HS256", "HS384", "HS512", "RS256", "ES256"] = Field("HS256", description="Of our tokens.")
    jwt_key: SecretStr | None = Field(None, description="Secret, or PEM of a private key; else one is made and kept.")
    sign_on: list[SignOnProvider] = Field(default_factory=list, description="Other places to sign in, as JSON.")
    bcrypt_cost: int = Field(12, ge=4, le=16, description="Rounds of bcrypt, as a power of two.")

    # Secrets.
    master_key: SecretStr | None = Field(None, description="Base64 of 32 bytes that encrypt credentials.")
    master_key_file: Path | None = Field(None, description="File with the master key; else one is made and kept.")
    master_keys_old: list[SecretStr] = Field(default_factory=list, description="Earlier master keys, for rotation.")
    key_service: str = Field("", description="module:function that gives a key service in place of master keys.")
    allow_private_addresses: bool = Field(False, description="Whether nodes may call addresses of this network.")
    allowed_addresses: list[str] = Field(default_factory=list, description="CIDRs nodes may call all the same.")

    # Mail.
    smtp_url: SecretStr | None = Field(None, description="smtp://user:password@host:port; else mail goes to a folder.")
    mail_from: str = Field("workflow@localhost", description="Sender of mail.")

    # Watching.
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")
    log_format: Literal["json", "console"] = Field("console", description="How it is logged.")
    metrics_token: SecretStr | None = Field(None, min_length=16, description="Lets a scraper read /metrics.")
    otlp_endpoint: str = Field("", description="Where traces are sent, e.g. http://localhost:4318.")

    @field_validator("*", mode="before")
    @classmethod
    def _from_text(cls, value: Any, info: ValidationInfo) -> Any:
        """Lists in variables of the environment are written with commas, or as JSON."""
        field = cls.model_fields[info.field_name or ""]
        if not isinstance(value, str) or get_origin(field.annotation) not in {list, dict}:
            return value
        if value.lstrip().startswith(("[", "{")):
            try:
                return json.loads(value)
            except ValueError:
                raise ValueError("this is neither JSON nor a list with commas") from None
        return [part.strip() for part in value.split(",") if part.strip()]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_file())


def read_settings(**arguments: Any) -> Settings:
    """The settings in force. Raises ``InvalidSettingsError`` that names every wrong one, without its value.

    Parameters
    ----------
    arguments: settings given otherwise, such as on the command line; those that are None are left out.
    """
    if os.environ.get(CONFIG) and not config_file().exists():
        raise InvalidSettingsError(f"There is no file {config_file()}.", mend=f"Correct {CONFIG}.")
    try:
        return Settings(**{name: value for name, value in arguments.items() if value is not None})
    except ValidationError as error:
        wrong = [f"WORKFLOW_{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()]
        raise InvalidSettingsError(
            f"{'; '.join(wrong)}.", mend=f"Correct the variable, or the line in {config_file()}."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidSettingsError(f"The file {config_file()} cannot be read: {error}.") from None
