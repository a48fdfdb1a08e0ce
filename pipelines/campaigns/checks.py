"""The checks of a campaign's queue by name; nothing heavy is imported, since Dagster reads it."""

CHECKS = {
    "holdout_untouched": "Nobody of any holdout is in the queue.",
    "caps_kept": "No person, account or mailbox has more touches than the campaign's caps.",
    "consent_recorded": "Each person in the queue has a basis with its source and its date.",
    "volume_steady": "The day's queue has not jumped against the last one.",
    "stage_kept": "The plan does no more than the state of the campaign's life allows.",
    "playbook_approved": "The playbook and its texts are approved until the last touch expires.",
}
