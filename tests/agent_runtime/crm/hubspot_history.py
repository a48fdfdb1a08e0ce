"""A random history of an account, with faults and pulls in between: does the mirror converge?"""

from datetime import UTC, datetime, timedelta

from hubspot_reading import MODIFIED, ReadableHubSpot
from hubspot_stand_in import running

from pipelines.errors import PipelineError
from pipelines.sources.hubspot.pull import pull_hubspot
from pipelines.sources.hubspot.reader import HubSpotReader, Patience
from pipelines.sources.landing import read_landed

STEPS = (
    "add",
    "edit",
    "archive",
    "restore",
    "merge",
    "opt_out",
    "429",
    "500",
    "drop",
    "partial",
    "pull",
)
TABLES = {"contacts": "contacts", "companies": "companies", "0-3": "deals"}


class History:
    """One account and its mirror below a folder."""

    def __init__(self, folder, pick):
        self.account, self.landing, self.pick = ReadableHubSpot(), folder, pick
        self.refused = set()
        self.pulls = 0

    def play(self, steps):
        """Returns in what the mirror differs from the account after a last, undisturbed pull."""
        with running(self.account) as url:
            self.url = url
            for step in steps:
                self._do(step)
            self.account.faults.clear()
            self.account.unanswered.clear()
            # The search looks back ten minutes, which is how late it may be.
            for _ in range(2):
                self.account.add("contacts", email=f"last{self.pulls}@x.example")
                self._pull()
        return [*self._differences()]

    def _do(self, step):
        account, pick = self.account, self.pick
        path = pick.choice(["contacts", "contacts", "companies", "0-3"])
        live, binned = [*account.objects[path]], [*account.archived[path]]
        account.tick = timedelta(seconds=pick.choice([0, 1, 400]))
        if step == "add":
            named = {"email": f"p{pick.random()}@x.example"} if path == "contacts" else {}
            account.add(path, **named)
        elif step == "edit" and live:
            account.edit(path, pick.choice(live), hubspot_owner_id=str(pick.random()))
        elif step == "archive" and live:
            account.archive(path, pick.choice(live))
        elif step == "restore" and binned:
            account.restore(path, pick.choice(binned))
        elif step == "merge" and len(live) > 1:
            account.merge(path, *pick.sample(live, 2))
        elif step == "opt_out" and account.objects["contacts"]:
            held = pick.choice([*account.objects["contacts"].values()])
            self.refused.add(held["email"])
            account.subscribe(held["email"], pick.choice(["1", "2", "all"]), "UNSUBSCRIBED")
        elif step in ("429", "500"):
            account.faults.extend([None] * pick.randrange(40) + [(int(step), {})])
        elif step == "drop":
            account.faults.extend([None] * pick.randrange(40) + ["drop"])
        elif step == "partial" and account.objects["contacts"]:
            account.unanswered.add(pick.choice([*account.objects["contacts"].values()])["email"])
        elif step == "pull":
            self._pull(tries=pick.choice([0, 60]))

    def _pull(self, tries=60):
        self.pulls += 1
        patience = Patience(backoff=0.0, tries=tries)
        now = datetime(2026, 1, 13, tzinfo=UTC) + timedelta(minutes=self.pulls)
        with HubSpotReader(self.url, "good", patience=patience, searches_a_second=1e6) as reader:
            try:
                pull_hubspot(reader, self.landing, now=now)
            except PipelineError as error:
                # Cut off before a table could be begun: nothing has changed.
                if "HubSpot answered" not in str(error) and "not reached" not in str(error):
                    raise

    def _differences(self):
        for path, table in TABLES.items():
            there = {
                n: held[MODIFIED.get(path, "hs_lastmodifieddate")]
                for n, held in self.account.objects[path].items()
            }
            mirror = self._mirror(table)
            for number in sorted(there.keys() | mirror.keys()):
                if there.get(number) != mirror.get(number):
                    yield f"{table} {number}: {there.get(number)} there, {mirror.get(number)} here"
        said = read_landed(self.landing, "hubspot", "subscriptions")
        refused = set(said.filter(status="UNSUBSCRIBED").get_column("email"))
        for email in sorted(self.refused - refused):
            if any(email in str(held) for held in self.account.objects["contacts"].values()):
                yield f"{email}: the refusal is lost"

    def _mirror(self, table):
        path = self.landing / "hubspot" / f"{table}.parquet"
        if not path.is_file():
            return {}
        found = read_landed(self.landing, "hubspot", table)
        return dict(found.select("id", "updated_at").iter_rows())
