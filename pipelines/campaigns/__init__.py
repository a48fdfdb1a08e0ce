"""What a campaign does from day to day: timetable, plan, dry run, approval, budget, groups.

The YAML files beside these modules are the campaigns that ship; a workspace keeps its own in its
folder `campaigns`. States of a campaign's life (sandbox, pilot, hardening, scale) belong here too.
"""
