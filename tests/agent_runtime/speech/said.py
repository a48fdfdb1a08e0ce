"""What people say on the telephone to somebody who wants to sell them something."""

SAID = (
    "Hello, who is this?",
    "No thanks.",
    "How much does it cost?",
    "Please do not call me again.",
    "Can you send me an email?",
    "We have a lot of calls every day.",
    "I am not interested, thank you.",
    "Thursday afternoon works for me.",
    "Who gave you my number?",
    "Are you a real person?",
    "We already use another tool for that.",
    "Could you hold on for a moment?",
)
