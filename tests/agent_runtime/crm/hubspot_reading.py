"""The reading side of the stand-in: lists, search, batches, links, owners, pipelines, consents."""

from datetime import UTC, datetime, timedelta
from functools import cache

from hubspot_stand_in import HubSpot, problem

MODIFIED = {"contacts": "lastmodifieddate"}
MOST_RESULTS = 10_000
LARGEST_PAGE = 200
STAGES = {"appointmentscheduled": (False, "0.2"), "closedwon": (True, "1.0"), "lost": (True, "0.0")}
READ = {
    "contacts": "firstname lastname phone mobilephone jobtitle seniority country "
    "hs_country_region_code hs_timezone hubspot_owner_id lifecyclestage hs_lead_status "
    "associatedcompanyid hs_email_optout hs_additional_emails notes_last_contacted plan",
    "companies": "name industry numberofemployees annualrevenue country hs_country_code "
    "hubspot_owner_id hs_parent_company_id",
    "0-3": "pipeline dealstage amount deal_currency_code hubspot_owner_id hs_is_closed "
    "hs_is_closed_won closed_lost_reason closedate",
    "calls": "hs_timestamp hubspot_owner_id hs_call_title",
    "emails": "hs_timestamp hubspot_owner_id hs_email_subject hs_email_direction",
    "meetings": "hs_timestamp hubspot_owner_id hs_meeting_title hs_meeting_outcome",
    "notes": "hubspot_owner_id",
    "tasks": "hs_timestamp hubspot_owner_id hs_task_subject hs_task_status hs_task_completion_date",
    "communications": "hs_timestamp hubspot_owner_id hs_communication_channel_type",
}
ALWAYS = "createdate hs_object_id hs_lastmodifieddate lastmodifieddate hs_merged_object_ids"


class ReadableHubSpot(HubSpot):
    """An account whose time is `now`; every change of a record moves it by `tick`."""

    def __init__(self, now=datetime(2026, 1, 1, tzinfo=UTC)):
        super().__init__()
        self.now, self.tick = now, timedelta(seconds=1)
        for path, names in READ.items():
            self.objects.setdefault(path, {})
            there = self.properties.setdefault(path, {})
            for name in (*names.split(), *ALWAYS.split()):
                there.setdefault(name, self._property(path, name))
        self.archived = {path: {} for path in self.objects}
        self.became = {}
        self.owners = {}
        self.statuses = {}
        self.subscription_types = {"1": "One to One", "2": "Marketing Information"}
        self.may_batch_statuses = True
        self.unanswered = set()
        """Ids and addresses that a batch leaves out."""
        self.unindexed = set()
        """Ids that the search does not see yet."""
        self.is_shuffled = False
        self.forbidden = set()
        """Paths for which the token has no scope."""

    def instant(self):
        self.now += self.tick
        return stamp(self.now)

    def touch(self, path, number):
        held = self.objects[path][number]
        held[MODIFIED.get(path, "hs_lastmodifieddate")] = self.instant()

    def add(self, path, **properties):
        number = super().add(path, **properties)
        held = self.objects[path][number]
        held |= {"hs_object_id": number, "createdate": stamp(self.now + self.tick)}
        self.touch(path, number)
        return number

    def edit(self, path, number, **properties):
        self.objects[path][number] |= properties
        self.touch(path, number)

    def archive(self, path, number):
        self.archived[path][number] = self.objects[path].pop(number), self.instant()

    def restore(self, path, number):
        self.objects[path][number], _ = self.archived[path].pop(number)

    def purge(self, path, number):
        self.objects[path].pop(number, None)
        self.archived[path].pop(number, None)

    def merge(self, path, primary, other):
        """Two become one with a new id, as contacts and companies do; all ids before it add up."""
        kept, lost = self.objects[path].pop(primary), self.objects[path].pop(other)
        number = str(next(self.ids))
        emails = [e for e in (lost.get("email"), *extra(kept), *extra(lost)) if e]
        merged = {**lost, **kept, "hs_object_id": number}
        ids = [*before(kept), *before(lost), primary, other]
        merged["hs_merged_object_ids"] = ";".join(ids)
        if emails:
            merged["hs_additional_emails"] = ";".join(emails)
        self.objects[path][number] = merged
        for (at, old, to), links in [*self.links.items()]:
            if at == path and old in (primary, other):
                self.links.setdefault((path, number, to), []).extend(links)
        self.became |= {(path, primary): number, (path, other): number}
        self.touch(path, number)
        return number

    def subscribe(self, email, subscription, status, **more):
        said = {"status": status, "timestamp": self.instant(), "source": "form", **more}
        self.statuses.setdefault(email, {})[subscription] = said
        for number, held in self.objects["contacts"].items():
            if held.get("email") == email or email in extra(held):
                if subscription == "all":
                    held["hs_email_optout"] = "true" if status == "UNSUBSCRIBED" else "false"
                self.touch("contacts", number)

    def _update(self, path, number, properties):
        status, value = super()._update(path, number, properties)
        if status == 200:
            self.touch(path, number)
        return status, value

    def _route(self, method, parts, query, body):  # noqa: PLR0911
        if self.forbidden.intersection(parts):
            return 403, problem("MISSING_SCOPES", "This app hasn't been granted all scopes.")
        match method, parts:
            case "POST", ["v3", "objects", path, "search"]:
                return self._search(path, body)
            case "GET", ["v3", "objects", path]:
                return self._list(path, query)
            case "POST", ["v3", "objects", path, "batch", "read"]:
                return self._batch(path, body)
            case "POST", ["v4", "associations", path, to, "batch", "read"]:
                return self._links(path, to, body)
            case "GET", ["v3", "owners"]:
                return self._owners(query)
            case "GET", ["v3", "pipelines", "deals"]:
                return 200, {"results": [self._pipeline()]}
            case _, ["v4", "definitions" | "statuses", *rest] if method == "GET" or "batch" in rest:
                return self._consents(parts[1], rest, body)
        return super()._route(method, parts, query, body)

    def _consents(self, what, rest, body):  # noqa: PLR0911
        match what, rest:
            case "definitions", []:
                return 200, batch([self._type(*one) for one in self.subscription_types.items()])
            case "statuses", ["batch", "read"]:
                return self._statuses(body, "statuses")
            case "statuses", ["batch", "unsubscribe-all", "read"]:
                return self._statuses(body, "wideStatuses")
            case "statuses", [email, *_] if "@" not in email:
                return 400, problem("VALIDATION_ERROR", "not an e-mail address")
            case "statuses", [email]:
                return 200, batch(self._said(email)["statuses"])
            case "statuses", [email, "unsubscribe-all"]:
                return 200, batch(self._said(email)["wideStatuses"])
        return 404, problem("OBJECT_NOT_FOUND", "no such path")

    def _search(self, path, body):
        offset, limit = int(body["after"]), body["limit"]
        if offset + limit > MOST_RESULTS or limit > LARGEST_PAGE:
            return 400, problem("VALIDATION_ERROR", "paging past 10,000 results, or over 200")
        filters = body["filterGroups"][0]["filters"]
        found = [
            number
            for number, held in self.objects[path].items()
            if number not in self.unindexed and all(meets(held, one) for one in filters)
        ]
        found.sort(key=lambda n: (value_of(self.objects[path][n], body["sorts"][0]), int(n)))
        if self.is_shuffled:
            found.reverse()
        shown = [self._full(path, n, body["properties"]) for n in found[offset : offset + limit]]
        more = paging(str(offset + limit)) if len(found) > offset + limit else {}
        return 200, {"total": len(found), "results": shown, **more}

    def _list(self, path, query):
        limit, after = int(query.get("limit", 10)), int(query.get("after", 0))
        is_archived = query.get("archived") == "true"
        source = self.archived[path] if is_archived else self.objects[path]
        numbers = sorted((n for n in source if int(n) > after), key=int)
        shown = [
            self._binned(path, n, query) if is_archived else self._full(path, n, [])
            for n in numbers[:limit]
        ]
        more = paging(numbers[limit - 1]) if len(numbers) > limit else {}
        return 200, {"results": shown, **more}

    def _batch(self, path, body):
        asked = [one["id"] for one in body["inputs"]]
        there = dict.fromkeys(self.became.get((path, n), n) for n in asked)
        known = [n for n in there if n in self.objects[path] and n not in self.unanswered]
        results = [self._full(path, n, body["properties"]) for n in known]
        lost = [n for n in there if n not in known]
        return (207 if lost else 200), batch(results, lost)

    def _links(self, path, to, body):
        asked = [one["id"] for one in body["inputs"]]
        known = {n: self.links.get((path, n, to)) for n in asked if n not in self.unanswered}
        results = [
            {
                "from": {"id": n},
                "to": [
                    {
                        "toObjectId": other,
                        "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": type_id}],
                    }
                    for other, type_id in found
                ],
            }
            for n, found in known.items()
            if found
        ]
        lost = [n for n in asked if not known.get(n)]
        return (207 if lost else 200), batch(results, lost)

    def _owners(self, query):
        wanted = query.get("archived") == "true"
        numbers = [n for n, o in self.owners.items() if bool(o.get("archived")) == wanted]
        return 200, {"results": [self._owner(n) for n in numbers]}

    def _owner(self, number):
        held = self.owners[number]
        teams = [{"id": "7", "name": held["team"], "primary": True}] if held.get("team") else []
        names = {"firstName": held["first"], "lastName": held["last"], "email": held["email"]}
        times = {"createdAt": stamp(self.now), "updatedAt": stamp(self.now)}
        archived = bool(held.get("archived"))
        return (
            {"id": number, "type": "PERSON", "archived": archived, "teams": teams} | names | times
        )

    def _pipeline(self):
        times = {"createdAt": stamp(self.now), "updatedAt": stamp(self.now), "archived": False}
        stages = [
            {
                "id": name,
                "label": name.title(),
                "displayOrder": position,
                "metadata": {"isClosed": str(closed).lower(), "probability": probability},
                **times,
            }
            for position, (name, (closed, probability)) in enumerate(STAGES.items())
        ]
        said = {"id": "default", "label": "Sales", "displayOrder": 0, "stages": stages}
        return said | times

    def _type(self, number, name):
        flags = {"isActive": True, "isDefault": True, "isInternal": False}
        times = {"createdAt": stamp(self.now), "updatedAt": stamp(self.now)}
        return {"id": number, "name": name, "description": name, "purpose": name} | flags | times

    def _statuses(self, body, which):
        if any("@" not in email for email in body["inputs"]):
            return 400, problem("VALIDATION_ERROR", "not an e-mail address")
        if not self.may_batch_statuses:
            return 403, problem("MISSING_SCOPES", "this app lacks a scope")
        lost = [email for email in body["inputs"] if email in self.unanswered]
        known = [email for email in body["inputs"] if email not in lost]
        found = [{"subscriberIdString": e, which: self._said(e)[which]} for e in known]
        return (207 if lost else 200), batch(found, lost)

    def _said(self, email):
        held = self.statuses.get(email, {})
        common = {"channel": "EMAIL", "subscriberIdString": email}
        statuses = [
            {
                **common,
                "subscriptionId": int(number),
                "subscriptionName": name,
                "status": "NOT_SPECIFIED",
                "source": "none",
                "timestamp": stamp(self.now),
                **held.get(number, {}),
            }
            for number, name in self.subscription_types.items()
        ]
        wide = {"status": "NOT_SPECIFIED", "timestamp": stamp(self.now), **held.get("all", {})}
        wide.pop("source", None)
        return {
            "statuses": statuses,
            "wideStatuses": [{**common, "wideStatusType": "PORTAL_WIDE", **wide}],
        }

    def _full(self, path, number, names):
        held = self.objects[path][number]
        shown = self._shown(path, number, [*names])
        modified = held.get(MODIFIED.get(path, "hs_lastmodifieddate"), shown["updatedAt"])
        return shown | {
            "createdAt": held.get("createdate", shown["createdAt"]),
            "updatedAt": modified,
        }

    def _binned(self, path, number, query):
        held, at = self.archived[path][number]
        names = ("hs_object_id", *query.get("properties", "").split(","))
        said = {name: held[name] for name in names if name in held}
        times = {"createdAt": held["createdate"], "updatedAt": at, "archivedAt": at}
        return {"id": number, "properties": said, "archived": True} | times


def stamp(instant):
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def before(held):
    return [one for one in (held.get("hs_merged_object_ids") or "").split(";") if one]


def extra(held):
    return [one for one in (held.get("hs_additional_emails") or "").split(";") if one]


def value_of(held, name):
    return number_of(held.get(name, ""))


@cache
def number_of(said):
    if said.isdigit():
        return int(said)
    return round(datetime.fromisoformat(said).timestamp() * 1000) if said else -1


def meets(held, one):
    value, wanted = value_of(held, one["propertyName"]), int(one["value"])
    return {
        "EQ": value == wanted,
        "GT": value > wanted,
        "GTE": value >= wanted,
    }[one["operator"]]


def paging(after):
    return {"paging": {"next": {"after": after}}}


def batch(results, lost=()):
    at = "2026-01-13T10:00:00.000Z"
    said = {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}
    if not lost:
        return said
    errors = [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some objects, they may be deleted or not exist.",
            "context": {"ids": [*lost]},
            "errors": [],
            "links": {},
        }
    ]
    return said | {"numErrors": 1, "errors": errors}
