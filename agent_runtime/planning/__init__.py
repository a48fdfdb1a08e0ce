"""From playbook rows and approved texts to drafts."""
