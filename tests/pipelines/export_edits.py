"""What happens to a CRM export from one day to the next."""

from hypothesis import strategies as st

CONTACTS, CONSENTS, ACCOUNTS = "crm_contacts.csv", "crm_consents.csv", "crm_accounts.csv"
FILES = (CONTACTS, CONSENTS, ACCOUNTS, "crm_leads.csv", "marketing_list.csv")
VALUES = (
    "x@birke.example",
    "ada.low@alder.example",
    "US",
    "DE",
    "2062-01-02T00:00:00Z",
    "",
    "true",
)
EDITS = st.one_of(
    st.tuples(
        st.just("edit"),
        st.sampled_from(FILES),
        st.integers(0, 9),
        st.integers(0, 15),
        st.sampled_from(VALUES),
    ),
    st.tuples(st.just("add"), st.sampled_from(FILES), st.integers(0, 9), st.integers(0, 99)),
    st.tuples(st.just("delete"), st.sampled_from(FILES), st.integers(0, 9)),
    st.tuples(st.just("reverse"), st.sampled_from(FILES)),
    st.tuples(st.just("withdraw"), st.integers(0, 9)),
    st.tuples(st.just("day")),
)


def change(folder, what, *on):
    """Makes one change to an export, as somebody in a CRM would."""
    if what == "day":
        return
    path = folder / (CONSENTS if what == "withdraw" else on[0])
    header, *rows = path.read_text("utf-8").splitlines()
    if what == "reverse":
        rows.reverse()
    elif rows and what == "withdraw":
        place = on[0] % len(rows)
        rows[place] = rows[place].replace("granted", "withdrawn")
    elif rows and what == "delete":
        del rows[on[1] % len(rows)]
    elif rows:
        cells = rows[on[1] % len(rows)].split(",")
        if what == "edit":
            cells[1 + on[2] % (len(cells) - 1)] = on[3]
            rows[on[1] % len(rows)] = ",".join(cells)
        else:
            rows.append(",".join([f"n{on[2]}", *cells[1:]]))
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
