"""What a user can get wrong here; the command line prints the sentence and exits with 2.

ExperimentError
├── AssignmentError         shares or ids from which no arm follows
├── SpecError               a spec that cannot be read or contradicts itself
├── RegistryError           a registration that may not be made
│   ├── SpecEditedError     the same version with another content
│   └── RegistryDamagedError  the log is not what was written
├── UnitsError              a units table from which no honest number follows
├── PowerError              a sample size that no experiment can have
└── BakeOffError            a bake-off from whose plan, sheets or files no fair comparison follows
"""


class ExperimentError(Exception):
    """Base of every error of this package that a user can cause and mend."""


class AssignmentError(ExperimentError):
    """Shares or ids from which no arm follows."""


class SpecError(ExperimentError):
    """A spec that cannot be read or contradicts itself."""


class RegistryError(ExperimentError):
    """A registration that may not be made."""


class SpecEditedError(RegistryError):
    """A registered version whose content has changed since."""


class RegistryDamagedError(RegistryError):
    """A log in which a line was changed, removed or reordered."""


class UnitsError(ExperimentError):
    """A units table from which no honest number follows."""


class PowerError(ExperimentError):
    """A sample size that no experiment can have."""


class BakeOffError(ExperimentError):
    """A bake-off from whose plan, sheets or files no fair comparison follows."""
