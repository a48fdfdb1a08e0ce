"""The lists of an account, as the documented Lists API v3 answers.

https://developers.hubspot.com/docs/api-reference/legacy/crm/lists, read 2026-11.
"""

LARGEST_PAGE = 250


class Lists:
    """Lists of contacts by id, each with its members and since when they are on it."""

    def __init__(self, problem):
        self.problem = problem
        self.lists = {}

    def add(self, name, *, members=(), processing="MANUAL"):
        number = str(len(self.lists) + 1)
        at = "2026-01-05T09:00:00Z"
        self.lists[number] = {"name": name, "processing": processing, "members": {}}
        self.lists[number]["members"] = dict.fromkeys(map(str, members), at)
        return number

    def members(self, name):
        return {
            record
            for one in self.lists.values()
            if one["name"] == name
            for record in one["members"]
        }

    def answer(self, method, parts, query, body, now_of):
        """Answers a request below `/crm/v3/lists`; `now_of` says what became of a record's id."""
        match method, parts:
            case "GET", ["object-type-id", kind, "name", name]:
                for number, one in self.lists.items():
                    if kind == "0-1" and one["name"].casefold() == name.casefold():
                        return 200, {"list": self._shown(number)}
            case "GET", [number, "memberships"] if number in self.lists:
                return self._page(number, query)
            case "GET", ["records", "0-1", record, "memberships"]:
                return self._of(now_of(record) or record)
            case "PUT", [number, "memberships", "add-and-remove"] if number in self.lists:
                return self._change(number, body, now_of)
        return 404, self.problem("OBJECT_NOT_FOUND", "there is no such list")

    def _shown(self, number):
        one = self.lists[number]
        return {
            "listId": number,
            "name": one["name"],
            "objectTypeId": "0-1",
            "processingType": one["processing"],
            "processingStatus": "COMPLETE",
            "listVersion": 1,
        }

    def _page(self, number, query):
        limit, after = int(query.get("limit", 100)), int(query.get("after", 0))
        if limit > LARGEST_PAGE:
            return 400, self.problem("VALIDATION_ERROR", "limit is at most 250")
        members = sorted(self.lists[number]["members"].items(), key=lambda one: int(one[0]))
        shown = [
            {"recordId": record, "membershipTimestamp": at}
            for record, at in members[after : after + limit]
        ]
        more = (
            {"paging": {"next": {"after": str(after + limit)}}} if members[after + limit :] else {}
        )
        return 200, {"results": shown, "total": len(members), **more}

    def _of(self, record):
        results = [
            {
                "listId": number,
                "listVersion": 1,
                "firstAddedTimestamp": one["members"][record],
                "lastAddedTimestamp": one["members"][record],
            }
            for number, one in self.lists.items()
            if record in one["members"]
        ]
        return 200, {"results": results, "total": len(results)}

    def _change(self, number, body, now_of):
        one = self.lists[number]
        if one["processing"] == "DYNAMIC":
            return 400, self.problem("VALIDATION_ERROR", "the list is DYNAMIC: it fills itself")
        added, removed, missing = [], [], []
        for record in body["recordIdsToAdd"]:
            now = now_of(record)
            if now is None:
                missing.append(record)
            elif now not in one["members"]:
                one["members"][now] = "2026-01-13T10:00:00Z"
                added.append(now)
        for record in body["recordIdsToRemove"]:
            if one["members"].pop(now_of(record) or record, None):
                removed.append(record)
        return 200, {
            "recordsIdsAdded": added,
            "recordIdsRemoved": removed,
            "recordIdsMissing": missing,
        }
