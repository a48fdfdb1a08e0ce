"""Menus as they are spoken, and the way through them."""

import pytest

from agent_runtime.speech.ivr_navigator import Goal, IvrNavigator
from agent_runtime.speech.phone_menu import Menu, menu_in

SPOKEN = [
    ("en", "For sales, press one. For support, press two.", {"1": "sales", "2": "support"}),
    ("en", "Press 1 for sales, 2 for support, or 3 for billing.",
     {"1": "sales", "2": "support", "3": "billing"}),
    ("en", "Thank you for calling Acme. Press 1 for sales. To reach an operator, press zero",
     {"1": "sales", "0": "reach an operator"}),
    ("en", "if you want to place an order press two to hear this again press star",
     {"2": "want to place an order", "*": "hear this again"}),
    ("es", "Para ventas, marque uno. Para soporte, marque el dos.",
     {"1": "ventas", "2": "soporte"}),
    ("es", "Pulse 1 para comercial, pulse 2 para facturación.",
     {"1": "comercial", "2": "facturacion"}),
    ("de", "Für den Vertrieb drücken Sie die Eins. Bei Fragen zur Rechnung wählen Sie bitte die 2.",
     {"1": "den vertrieb", "2": "fragen zur rechnung"}),
    ("fr", "Pour le service commercial, tapez 1. Pour l'assistance, appuyez sur la touche 2.",
     {"1": "le service commercial", "2": "l assistance"}),
    ("it", "Per l'ufficio vendite, prema 1. Se siete nuovi clienti, premere il tasto due.",
     {"1": "l ufficio vendite", "2": "siete nuovi clienti"}),
    ("pt", "Para vendas, digite 1. Para suporte, tecle dois.", {"1": "vendas", "2": "suporte"}),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "options"), SPOKEN)
def test_a_spoken_menu_is_parsed(language, text, options):
    """R275."""
    assert dict(menu_in(text, language).options) == options


def test_words_that_are_no_menu_hold_no_option():
    assert menu_in("Hello, this is Ana, I have two minutes for you.").options == {}


def test_the_department_is_chosen_and_else_the_operator():
    """R275."""
    menu = menu_in("For billing, press 1. For new customers, press 2. For the operator, press 0.")
    assert IvrNavigator(Goal(department="sales")).hear(menu).value == "2"
    assert IvrNavigator(Goal(department="hr")).hear(menu).value == "0"


def test_a_person_is_reached_by_extension_or_by_the_directory():
    """R275."""
    menu = menu_in("Enter your party's extension. For the company directory, press 9.")
    assert IvrNavigator(Goal(last_name="Diaz", extension="204")).hear(menu).value == "204"
    navigator = IvrNavigator(Goal(last_name="Díaz"))
    assert navigator.hear(menu).value == "9"
    letters = menu_in("Please enter the first three letters of the last name.")
    assert navigator.hear(letters).value == "342"


def test_words_are_said_where_no_key_leads_there():
    menu = menu_in("You can say billing, or say sales.")
    assert (menu.spoken, IvrNavigator(Goal(department="sales")).hear(menu).kind) == (
        ("billing", "sales"), "say")  # fmt: skip


def test_a_loop_is_left_by_other_keys_and_then_given_up():
    """R275: the same key is not pressed twice in the same menu."""
    menu = menu_in("For sales, press 1. For support, press 2.")
    navigator = IvrNavigator(Goal(department="sales"))
    steps = [navigator.hear(menu) for _ in range(4)]
    assert [(step.kind, step.value) for step in steps] == [
        ("press", "1"), ("press", "0"), ("give_up", ""), ("give_up", "")]  # fmt: skip


def test_menus_without_end_are_given_up():
    """R275."""
    navigator = IvrNavigator(Goal(department="sales"), max_depth=3)
    menus = [Menu({"1": f"sales area {number}"}) for number in range(4)]
    assert [navigator.hear(menu).kind for menu in menus] == ["press"] * 3 + ["give_up"]


def test_it_waits_until_something_is_offered():
    assert IvrNavigator(Goal(department="sales")).hear(menu_in("Please hold.")).kind == "wait"


MISHEARD = [
    ("Breath one for sales. Presto for support. Press three for billing.",
     {"1": "sales", "2": "support", "3": "billing"}),
    ("For sales, press one. For the port, press the air. For billing, press three.",
     {"1": "sales", "2": "the port", "3": "billing"}),
    ("For technical help. Or press one. For building, press for.",
     {"1": "technical help", "4": "building"}),
    ("2 If you need sales, press one.", {"1": "need sales"}),
    # The stops stand behind the labels and not behind the keys.
    ("Thanks for calling Acme for the sales department. Press one for returns. Press two for "
     "careers. Press three for the front desk. Press zero.",
     {"1": "the sales department", "2": "returns", "3": "careers", "0": "the front desk"}),
    ("Thanks for calling customer logistics. Say on department, press one for return. Press two "
     "for careers. Press zero.", {"1": "say on department", "2": "return", "0": "careers"}),
    ("If you need jobs, press four. If you need support, press I, if you need sales, press six.",
     {"4": "need jobs", "5": "need support", "6": "need sales"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "options"), MISHEARD)
def test_a_menu_that_was_misheard_is_mended_by_its_sound_and_its_order(text, options):
    """R275: small recognisers mishear keys over a telephone line."""
    assert dict(menu_in(text).options) == options


@pytest.mark.parametrize(
    ("department", "key"), [("support", "2"), ("billing", "3"), ("hr", "4"), ("sales", "1")]
)
def test_a_department_is_known_by_its_sound(department, key):
    """R275."""
    menu = menu_in(
        "For sails, press one. For the port, press two. For building, press three. "
        "For career, press four."
    )
    assert IvrNavigator(Goal(department=department)).hear(menu).value == key


UNDERSTOOD_AS_A_WHOLE = [
    # No key of it was understood but one.
    ("Three feet or nine oh one. The recounted failed Dean Nile Poop. The reaching direction, "
     "Nile three. The reticumen, Niall-fort. For the reach payments, Niall Pine. The retail under "
     "question, Nile Nero.", ["1", "2", "3", "4", "5", "0"]),
    # Four and five sound alike.
    ("Welcome. For careers press one. For opening hours, press two. Fossails press three. "
     "Farbilling press five. For technical support, pressed five.", ["1", "2", "3", "4", "5"]),
    # The label and its key came apart.
    ("If you need sales, press one. If you need payment. Plenty. If you need deliveries, "
     "press three.", ["1", "2", "3"]),
    # Two options came without a pause.
    ("The reach billing, dial one, to reach support, dial two. To reach careers, dial three.",
     ["1", "2", "3"]),
    # A key that was understood needs none before it.
    ("For sales, press one. For mumbling, breast two. For the directory, press nine.",
     ["1", "2", "9"]),
    ("Hello, this is Ana speaking.", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "keys"), UNDERSTOOD_AS_A_WHOLE)
def test_what_was_misheard_of_a_whole_menu_is_told_by_its_place(text, keys):
    """R275."""
    assert list(menu_in(text, is_over=True).options) == keys


def test_a_menu_that_was_misheard_is_heard_again_and_both_hearings_count():
    """R275: what one hearing missed the other may have."""
    navigator = IvrNavigator(Goal(department="hr"))
    first = "To reach sales, dial one. The retching tower, Niall two. To reach support, dial three."
    again = "To reach sails, dial one. To reach human result, dial two. To reach port, dial three."
    steps = [navigator.hear(menu_in(text, is_over=True)) for text in (first, again)]
    assert [(step.kind, step.value) for step in steps] == [("wait", ""), ("press", "2")]


def test_behind_the_key_of_a_department_any_option_belongs_to_it():
    """R275."""
    navigator = IvrNavigator(Goal(department="support"))
    navigator.hear(menu_in("For sales, press one. For support, press two."))
    steps = [navigator.hear(menu_in("For computers, press one. For printers, press two."))]
    assert steps[0].value in ("1", "2")
