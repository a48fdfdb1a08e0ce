"""`parley costs`: what a month would cost at a buyer's volumes, and the invoice of a run."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.commands import JsonOption
from agent_runtime.settings import load_settings
from pipelines.costs import as_json as documents
from pipelines.costs import tables
from pipelines.costs.calculator import Volumes, complete, estimate
from pipelines.costs.months import Month
from pipelines.costs.price_list import SHIPPED, load_pricing
from pipelines.errors import PipelineError

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

PricesOption = Annotated[Path, typer.Option(help="A pricing.yaml of your own.", show_default=False)]
SeatsOption = Annotated[str, typer.Option(help="Seats; by default those of the plan.")]


@app.callback()
def _costs() -> None:
    """What the program costs: a calculator for a buyer's volumes, and invoices of real runs."""


@app.command()
def calculate(
    *,
    volume: Annotated[
        list[str] | None, typer.Option(help="NAME=NUMBER a month; again for each. See `prices`.")
    ] = None,
    seats: SeatsOption = "",
    meeting_rate: Annotated[
        str, typer.Option(help="Meetings per conversation, 0 to 1; --workspace measures it.")
    ] = "",
    workspace: Annotated[
        Path | None, typer.Option(help="A finished run to take what is not given from.")
    ] = None,
    tenant: Annotated[str, typer.Option(help="Whose ledger; default PARLEY_TENANT_ID.")] = "",
    step: Annotated[str, typer.Option(help="Conversations of one step of volume.")] = "100",
    month: Annotated[str, typer.Option(help="Whose prices hold, as 2026-01; default now.")] = "",
    prices: PricesOption = SHIPPED,
    as_json: JsonOption = False,
) -> None:
    """Say what a month costs at your volumes, line by line, and what more volume would add.

    Volumes that are not given follow the conversations: as measured in --workspace, else as
    pricing.yaml assumes; the answer says which.

    Example: [bold]parley costs calculate --volume conversations=1000 --seats 5[/bold]

    Or: [bold]parley costs calculate --volume conversations=1000 --volume text_segments=400
    --meeting-rate 0.15 --json[/bold]

    Or: [bold]parley costs calculate --volume conversations=1000 --workspace out/demo[/bold]
    """
    pricing = load_pricing(prices)
    day = _month(month).first_day
    given = dict(_volume(text) for text in volume or ())
    mix = None
    if workspace:
        from pipelines.costs.measured import measure

        settings = load_settings(workspace)
        mix = measure(settings.paths, pricing, tenant=tenant or settings.tenant_id)
    counted, sources = complete(
        given, pricing, day, measured=mix.per_conversation if mix else None, run=str(workspace)
    )
    rate = _number("--meeting-rate", meeting_rate, most=1) if meeting_rate else None
    volumes = Volumes(
        counted=counted,
        sources=sources,
        seats=_number("--seats", seats) if seats else None,
        meeting_rate=rate if rate is not None else mix.meeting_rate if mix else None,
    )
    if not (size := _number("--step", step)):
        raise PipelineError("--step 0: a step of volume has at least 1 conversation.")
    found = estimate(volumes, pricing, day, step=size)
    if as_json:
        typer.echo(json.dumps(documents.estimate_document(found, volumes), indent=2))
    else:
        tables.print_estimate(found, volumes)


@app.command()
def invoice(
    *,
    month: Annotated[str, typer.Option(help="The month, as 2026-01.")],
    out: Annotated[Path | None, typer.Option(help="The HTML file to write.")] = None,
    workspace: Annotated[
        Path | None, typer.Option(help="The run; default PARLEY_WORKSPACE.")
    ] = None,
    tenant: Annotated[str, typer.Option(help="Whose; default PARLEY_TENANT_ID.")] = "",
    seats: SeatsOption = "",
    prices: PricesOption = SHIPPED,
    as_json: JsonOption = False,
) -> None:
    """Write the invoice of a month of a run: counts tie to its ledger, a sandbox owes nothing.

    Example: [bold]parley costs invoice --workspace out/demo --month 2026-01 --out
    out/invoice.html[/bold]
    """
    from pipelines.costs.invoice import environment_of, make_invoice
    from pipelines.costs.page import render_invoice
    from pipelines.costs.usage import read_usage

    chosen = Month.read(month)
    number = _number("--seats", seats) if seats else None
    settings, pricing = load_settings(workspace), load_pricing(prices)
    customer = tenant or settings.tenant_id
    made = make_invoice(
        read_usage(settings.paths, chosen, tenant=customer),
        pricing,
        chosen,
        customer=customer,
        environment=environment_of(settings.paths),
        issued_on=datetime.now(UTC).date(),
        seats=number,
    )
    if out:
        try:
            out.write_text(render_invoice(made), encoding="utf-8")
        except OSError as error:
            raise PipelineError(f"--out {out}: it cannot be written ({error.strerror}).") from None
    if as_json:
        typer.echo(json.dumps(documents.invoice_document(made), indent=2))
    else:
        tables.print_invoice(made)
        typer.echo(f"written to {out}" if out else "--out invoice.html writes it as a page")


@app.command("prices")
def show_prices(
    *,
    month: Annotated[str, typer.Option(help="As 2026-01; default now.")] = "",
    prices: PricesOption = SHIPPED,
    as_json: JsonOption = False,
) -> None:
    """List what is charged for and what it costs us, with what has no price yet and why.

    Example: [bold]parley costs prices --month 2026-01 --json[/bold]
    """
    pricing, day = load_pricing(prices), _month(month).first_day
    if as_json:
        typer.echo(json.dumps(documents.prices_document(pricing, day), indent=2))
    else:
        tables.print_prices(pricing, day)


@app.command("llm")
def price_tokens(
    *,
    gpu_hour: Annotated[str, typer.Option(help="USD an hour, of all GPUs of the server.")] = "",
    input_tokens_per_second: Annotated[str, typer.Option(help="Tokens that it reads.")] = "",
    output_tokens_per_second: Annotated[
        str, typer.Option(help="Tokens that it writes, over all requests under way.")
    ] = "",
    busy: Annotated[str, typer.Option(help="Share of the hours in which it works, up to 1.")] = "1",
    cached_share: Annotated[
        str, typer.Option(help="Of an input token's price that a cached one costs.")
    ] = "0.1",
    per_million: Annotated[
        str, typer.Option(help="Instead: USD a million as INPUT,CACHED,OUTPUT.")
    ] = "",
    valid_from: Annotated[str, typer.Option(help="The day from which it holds.")] = "",
    write: Annotated[bool, typer.Option(help="Write them; without it nothing changes.")] = False,
    prices: PricesOption = SHIPPED,
    as_json: JsonOption = False,
) -> None:
    """Price the tokens of a language model, so that a budget in money need not wait for them.

    The rates are your server's under your load: `vllm bench serve` measures them.

    Example: [bold]parley costs llm --gpu-hour 2.10 --input-tokens-per-second 20000
    --output-tokens-per-second 2500 --busy 0.4 --write[/bold]

    Example: [bold]parley costs llm --per-million 0.15,0.02,0.60 --write[/bold]
    """
    from pipelines.costs import seed, token_prices

    if per_million:
        asked = [_number("--per-million", part) for part in per_million.split(",")]
        if len(asked) != len(token_prices.UNITS):
            raise PipelineError(f"--per-million {per_million!r}: give three, INPUT,CACHED,OUTPUT.")
        found = token_prices.per_million(*asked)
    else:
        found = token_prices.Gpu(
            hour_usd=_number("--gpu-hour", gpu_hour),
            input_per_s=_above_zero("--input-tokens-per-second", input_tokens_per_second),
            output_per_s=_above_zero("--output-tokens-per-second", output_tokens_per_second),
            busy=_above_zero("--busy", busy, most=1),
            cached_share=_number("--cached-share", cached_share, most=1),
        ).prices()
    since = _day(valid_from) if valid_from else datetime.now(UTC).date()
    if write:
        token_prices.write_prices(prices, found, valid_from=since)
        if prices == SHIPPED:
            seed.main([])
    if as_json:
        shown = {unit: f"{price:f}" for unit, price in found.items()}
        document = {"price_usd": shown, "valid_from": str(since), "written": write}
        typer.echo(json.dumps(document, indent=2))
        return
    for unit, price in found.items():
        typer.echo(f"{unit:<14} {price:f} USD, {price * token_prices.MILLION:,.4g} USD a million")
    typer.echo(f"written to {prices}" if write else f"not written; --write puts it into {prices}")


def _month(text: str) -> Month:
    return Month.read(text) if text else Month.of(datetime.now(UTC).date())


def _volume(text: str) -> tuple[str, Decimal]:
    name, sign, number = text.partition("=")
    if not sign or not name:
        raise PipelineError(f"--volume {text!r}: give it as NAME=NUMBER, conversations=1000.")
    return name.strip(), _number(f"--volume {name}", number)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PipelineError(f"--valid-from {text!r}: give a day as 2026-11-27.") from None


def _above_zero(option: str, text: str, *, most: float = 1e12) -> Decimal:
    if not (number := _number(option, text, most=most)):
        raise PipelineError(f"{option} {text!r}: this must be above 0.")
    return number


def _number(option: str, text: str, *, most: float = 1e12) -> Decimal:
    try:
        number = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not 0 <= (number if number.is_finite() else -1) <= most:
        limit = f" to {most:g}" if most < 1e12 else " up"
        raise PipelineError(f"{option} {text!r}: this must be a number from 0{limit}.")
    return number
