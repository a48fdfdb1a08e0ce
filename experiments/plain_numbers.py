"""Numbers as people write them: no exponent where digits will do."""


def signed(value: float, digits: int = 4) -> str:
    """Returns a number with its sign, to so many significant digits, whole where it is large."""
    text = f"{value:+,.{digits}g}"
    return f"{value:+,.0f}" if "e+" in text else text
