"""Settings: the only reader of the environment. Explicit argument > environment > .env file > default."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from trends.occasion import LEAD_DAYS

ROOT = Path(__file__).resolve().parent.parent
AT_HAND = ("folder", "redbubble", "amazon_merch")
"""Marketplaces that need no account."""
MAX_SEED = 2**31 - 1
"""What every server and generator of random numbers takes."""


def default_home() -> Path:
    """Where data is kept: /var/lib/bellwether as root (a folder the unprivileged server user can reach), else XDG."""
    if os.geteuid() == 0:
        return Path("/var/lib/bellwether")
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "bellwether"


class SourceSetting(BaseModel):
    """What can be set of one live source; what is left out is the source's own default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool | None = None
    interval_minutes: int | None = Field(default=None, ge=1, le=10_080)
    watch: tuple[str, ...] | None = Field(default=None, max_length=200)
    base_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]")


class CapSetting(BaseModel):
    """What a provider allows; what is left out is learnt from the headers of its answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    requests_per_day: int | None = Field(default=None, ge=1)
    tokens_per_day: int | None = Field(default=None, ge=1)


class LoginSetting(BaseModel):
    """An app at a marketplace, and the seller who let it in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: SecretStr
    client_secret: SecretStr
    refresh_token: SecretStr


class ShopSetting(BaseModel):
    """An account at a marketplace."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shop: dict[str, Any] = Field(default_factory=dict, repr=False, description="What the shop has set up there.")
    token: SecretStr | None = None
    login: LoginSetting | None = None
    base_url: str = Field(default="", pattern=r"^(https?://[^\s/].*)?$")
    login_url: str = Field(default="", pattern=r"^(https?://[^\s/].*)?$")
    files_url: str = Field(default="", pattern=r"^(https://\S*\{sha256\}\S*)?$")
    blanks: tuple[dict[str, Any], ...] = Field(
        default=(), description="What its formats are printed on, in place of the shipped rows."
    )


class Settings(BaseSettings):
    """Everything that can be set, with its default. `.env.example` and the README's table are checked against it."""

    # Set to nothing is not set: an empty home would be the working folder.
    model_config = SettingsConfigDict(
        env_prefix="BELLWETHER_", env_file=".env", extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    home: Path = Field(default_factory=default_home, description="Folder of the embedded server and its data.")
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="A PostgreSQL with pgvector; replaces the embedded server.",
    )
    database: str = Field(
        default="bellwether", pattern=r"^[a-z][a-z0-9_]{0,40}$", description="Database on the embedded server."
    )
    redis_url: SecretStr | None = Field(
        default=None, validation_alias="REDIS_URL", description="A Redis or Valkey; replaces the embedded server."
    )
    tenant: str = Field(
        default="default", pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="Whose ideas and decisions."
    )
    actor: str = Field(
        default="owner", min_length=1, max_length=80, description="Who decides, as the audit log names them."
    )
    shared: Path = Field(
        default=ROOT.parent / "shared", description="Development data and specifications; tests skip without."
    )

    groq_api_key: SecretStr | None = Field(
        default=None, validation_alias="GROQ_API_KEY", description="Groq: specialists."
    )
    openai_api_key: SecretStr | None = Field(
        default=None, validation_alias="OPENAI_API_KEY", description="OpenAI: fallback."
    )
    perplexity_api_key: SecretStr | None = Field(
        default=None, validation_alias="PERPLEXITY_API_KEY", description="Perplexity: web search."
    )
    model_base_url: str | None = Field(
        default=None, pattern=r"^https?://[^\s/]", description="Any OpenAI-compatible server; asked before the others."
    )
    model_api_key: SecretStr | None = Field(default=None, description="Its key; empty for a local server.")
    models: dict[str, str] = Field(
        default_factory=dict, description='Model per tier or agent, as JSON: {"instant": "groq/llama-3.1-8b-instant"}.'
    )
    model_timeout_s: float = Field(default=30.0, gt=0, le=600, description="Time-out of one model call.")
    seed: int = Field(default=7, ge=0, le=MAX_SEED, description="Seed sent to models and used by every random draw.")

    day_ceiling_micro_usd: int = Field(default=5_000_000, ge=0, description="Money models may cost a day.")
    day_ceiling_tokens: int = Field(default=20_000_000, ge=0, description="Tokens models may use a day.")
    run_ceiling_micro_usd: int = Field(default=1_000_000, ge=0, description="Money models may cost a run.")
    run_ceiling_tokens: int = Field(default=2_000_000, ge=0, description="Tokens models may use a run.")

    limits: dict[str, CapSetting] = Field(
        default_factory=dict,
        description='Limits per provider or provider/model, as JSON: {"groq": {"requests_per_minute": 30}}.',
    )

    sources: dict[str, SourceSetting] = Field(
        default_factory=dict,
        description='Live sources, as JSON: {"reddit": {"watch": ["crafts"], "interval_minutes": 30}}.',
    )
    contact: str = Field(
        default="",
        max_length=200,
        description="An address or page that source operators may write to; part of the user agent.",
    )
    youtube_api_key: SecretStr | None = Field(
        default=None, validation_alias="YOUTUBE_API_KEY", description="YouTube Data API v3."
    )
    reddit_client_id: SecretStr | None = Field(
        default=None, validation_alias="REDDIT_CLIENT_ID", description="Reddit, an app of type script or web."
    )
    reddit_client_secret: SecretStr | None = Field(
        default=None, validation_alias="REDDIT_CLIENT_SECRET", description="Its secret."
    )
    instagram_token: SecretStr | None = Field(
        default=None, validation_alias="INSTAGRAM_TOKEN", description="Instagram Graph API, a long-lived token."
    )
    instagram_user_id: SecretStr | None = Field(
        default=None, validation_alias="INSTAGRAM_USER_ID", description="The professional account it belongs to."
    )
    pinterest_token: SecretStr | None = Field(
        default=None, validation_alias="PINTEREST_TOKEN", description="Pinterest API v5."
    )
    tiktok_feed_url: SecretStr | None = Field(
        default=None,
        validation_alias="TIKTOK_FEED_URL",
        description="An address that answers TikTok trending payloads (collector JSON).",
    )
    amazon_client_id: SecretStr | None = Field(
        default=None, validation_alias="AMAZON_CLIENT_ID", description="Amazon SP-API, Login with Amazon."
    )
    amazon_client_secret: SecretStr | None = Field(
        default=None, validation_alias="AMAZON_CLIENT_SECRET", description="Its secret."
    )
    amazon_refresh_token: SecretStr | None = Field(
        default=None, validation_alias="AMAZON_REFRESH_TOKEN", description="The seller's refresh token."
    )
    webhook_secret: SecretStr | None = Field(
        default=None, description="Signs hot signals that others send; none are taken without it."
    )

    token_secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Signs access tokens of the API; made once and kept in the home where it is not set.",
    )
    access_minutes: int = Field(default=15, ge=1, le=1440, description="How long an access token is good.")
    refresh_days: int = Field(default=30, ge=1, le=365, description="How long a refresh token is good.")
    tiers: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=lambda: {"free": 60, "pro": 600, "scale": 6000},
        description='Requests a minute of the API by tier, as JSON: {"free": 60, "pro": 600, "scale": 6000}.',
    )
    console_sign_in: bool = Field(
        default=False, description="Whether the console asks for an API key; it always does beyond this machine."
    )
    language: str = Field(
        default="", pattern=r"^([a-z]{2})?$", description="Language of the console; empty: as the browser asks."
    )

    stalled_s: float = Field(
        default=30.0,
        ge=2,
        le=3600,
        description="A worker silent for so long is dead; its jobs go on elsewhere.",
    )
    keep_payload_days: int = Field(default=7, ge=0, le=365, description="Raw payloads of sources are kept so long.")
    keep_job_days: int = Field(default=3, ge=0, le=365, description="Finished jobs are kept so long.")
    keep_call_days: int = Field(default=90, ge=1, le=3650, description="Kept answers of models are kept so long.")
    keep_thread_days: int = Field(
        default=30, ge=1, le=3650, description="Checkpoints of threads that rest are cut short after so long."
    )

    archive_days: int = Field(
        default=90, ge=1, le=3650, description="Print files of designs that nobody uses are packed after so long."
    )
    cold_days: int = Field(default=365, ge=1, le=3650, description="And after so long they go to the cold folder.")
    cold_folder: Path | None = Field(
        default=None, description="Where that is, on a slower disk perhaps; beside the other assets, if not set."
    )

    keep_span_days: int = Field(default=30, ge=1, le=3650, description="What each node of a run took is kept so long.")

    notice_email: str | None = Field(
        default=None, pattern=r"^[^@\s,]+@[^@\s,]+$", description="Alerts and what needs a person go there."
    )
    smtp_url: SecretStr | None = Field(
        default=None, description="By which server: smtp://USER:PASSWORD@HOST:587, smtps:// for TLS from the start."
    )
    notice_webhook_url: SecretStr | None = Field(default=None, description="The same as JSON, signed, by POST.")
    notice_slack_url: SecretStr | None = Field(default=None, description="The same to an incoming webhook of Slack.")
    notice_pagerduty_key: SecretStr | None = Field(
        default=None, description="Alerts alone, as PagerDuty events: the integration's routing key."
    )
    notices_per_hour: int = Field(default=12, ge=1, le=1000, description="More wait and go out together.")

    marketplace: str = Field(default="etsy", description="Whose fees a margin is computed with.")
    manual_approval: bool = Field(default=True, description="A person answers every decision that is not a rejection.")
    undo_s: float = Field(default=30.0, ge=0, le=3600, description="How long an answer can be undone.")
    exploration_ratio: float = Field(default=0.1, ge=0, le=0.5, description="Share of a shortlist drawn at random.")
    order_lead_days: int = Field(
        default=LEAD_DAYS, ge=0, le=365, description="Days from an order to its arrival, before an occasion."
    )
    seasonality: Literal["order_lead", "plain"] = Field(
        default="order_lead", description="Score near events only while an order still arrives, or by nearness alone."
    )

    shops: dict[str, ShopSetting] = Field(
        default_factory=dict,
        description='Accounts at marketplaces, as JSON: {"printify": {"shop": {"shop_id": "1"}, "token": "..."}}.',
    )
    launch_to: tuple[str, ...] = Field(
        default=("folder:en",),
        max_length=40,
        description='Where designs of approved ideas are listed, as JSON: ["folder:en", "etsy:de"].',
    )
    automatic_posting: bool = Field(
        default=False, description="Listings that every gate clears go out without a person's yes."
    )
    word_marks: tuple[Path, ...] = Field(
        default=(), description="Files of word marks to hold listings against, beside the list that ships, as JSON."
    )
    promotion_cents: int = Field(
        default=0, ge=0, le=10**10, description="Money a day that promotion divides, in minor units; 0: none."
    )
    promotion_floor_cents: int = Field(default=0, ge=0, description="What every live listing gets of it at the least.")
    promotion_cap_ratio: float = Field(default=0.5, gt=0, le=1, description="The most of it that one listing gets.")
    promotion_half_life_days: float = Field(
        default=14.0, gt=0, le=3650, description="Days after which what was counted of a listing weighs half."
    )

    euipo_client_id: SecretStr | None = Field(
        default=None, validation_alias="EUIPO_CLIENT_ID", description="EUIPO's trade mark search: an app's id."
    )
    euipo_client_secret: SecretStr | None = Field(
        default=None, validation_alias="EUIPO_CLIENT_SECRET", description="Its secret."
    )
    uspto_api_key: SecretStr | None = Field(
        default=None, validation_alias="USPTO_API_KEY", description="USPTO TSDR: whether a mark of a file still lives."
    )

    draw_places: int = Field(default=0, ge=0, le=64, description="Processes that draw designs; 0 is one a core.")
    sdxl_model: str = Field(
        default="", description="Weights of Stable Diffusion XL: a folder, or hub:owner/name; renderer sdxl needs them."
    )
    sdxl_lora: str = Field(default="", description="A fine-tuned LoRA for it: a .safetensors file.")
    sdxl_ip_adapter: str = Field(default="", description="An IP-Adapter, which draws in the style of references.")
    sdxl_controlnet: str = Field(default="", description="A ControlNet trained on edges.")
    sdxl_licence: str = Field(default="not stated", description="Licence of these weights, for manifests.")
    sdxl_at_once: int = Field(default=0, ge=0, le=64, description="Pictures it draws together; 0 is what fits.")
    clip_model: str = Field(
        default="", description="Weights of CLIP: a folder, or hub:owner/name; brands with --descriptor clip need them."
    )
    openai_image_model: str = Field(default="", description="OpenAI's image model, if not the one we know to be best.")

    @field_validator("database_url")
    @classmethod
    def _is_an_address(cls, given: SecretStr | None) -> SecretStr | None:
        try:
            conninfo_to_dict(given.get_secret_value() if given else "")
        except ProgrammingError:  # its text repeats the address, and with it a password
            raise ValueError("write postgresql://USER:PASSWORD@HOST:5432/NAME") from None
        return given
