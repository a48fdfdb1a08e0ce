"""Threads in the console: found, read with every trace, shared without names, and taken out."""

import json
import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from desk_world import Desk

from agent_runtime.store.carrying_over import carry_over
