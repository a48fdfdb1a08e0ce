"""`parley model`, over a real MLflow registry, with a model that is read in no time."""

import json
from shutil import copy

import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

from experiments.champion import Answer
from experiments.model_registry import versions
from pipelines.errors import PipelineError
from pipelines.models import kinds
from pipelines.models.cli import app
from pipelines.models.decisions import log_of

LABELS = ("interested", "not_now", "pricing_question", "unsubscribe")
NAME = "toy"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Toy:
    """Knows the words of its training folder, and reads every other text as the next label."""

    name, about = NAME, "A toy."

    def build(self, training, cache):
        weights = training / "words.txt"
        known = frozenset(weights.read_text(encoding="utf-8").split())
        files = {"words.txt": weights}
        return kinds.Built("|".join(sorted(known)), "data", files, self._reading(known))

    def reload(self, weights, card):
        return self._reading(frozenset((weights / "words.txt").read_text("utf-8").split()))

    def shipped_identity(self):
        return self.ships

    def _reading(self, known):
        def read(example):
            is_right = example.text in known
            said = example.intent if is_right else LABELS[LABELS.index(example.intent) - 1]
            stop = example.intent == "unsubscribe"
            sure = 0.99 if is_right else 0.01
            return Answer(example.intent, said, sure, stop, stop and is_right)

        return read


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frozen")
    texts = {label: [f"{label}-{n}" for n in range(40)] for label in LABELS}
    lines = "\n".join(
        f"  {label}:\n    en: |\n" + "\n".join(f"      {text}" for text in said)
        for label, said in texts.items()
    )
    (folder / "all.yaml").write_text(f"intents:\n{lines}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Makes a training folder of the toy that knows so many texts of each label."""

    def make(counts):
        folder = tmp_path_factory.mktemp("training")
        known = [f"{label}-{n}" for label, count in counts.items() for n in range(count)]
        (folder / "words.txt").write_text("\n".join(known), encoding="utf-8")
        return folder

    return make


@pytest.fixture(scope="module")
def empty_registry(tmp_path_factory):
    """MLflow's file with its tables, which take seconds to make."""
    database = tmp_path_factory.mktemp("empty") / "mlflow.db"
    versions(NAME, database=database)
    return database


@pytest.fixture
def story(tmp_path, empty_registry, frozen, trained):
    """The first champion, one that is better, and one that is better and loses stops."""
    workspace = tmp_path
    copy(empty_registry, workspace)
    few = dict.fromkeys(LABELS, 20)
    folders = {
        "first": trained(few | {"unsubscribe": 30}),
        "better": trained(dict.fromkeys(LABELS, 38)),
        "deaf": trained(dict.fromkeys(LABELS, 40) | {"unsubscribe": 25}),
    }

    def parley(*words):
        return CliRunner().invoke(app, [*map(str, words), "-w", str(workspace)])

    def register(which):
        told = parley("register", NAME, "--training", folders[which], "--frozen", frozen, "--json")
        assert told.exit_code == 0, told.output
        return json.loads(told.stdout)

    def promote(*more):
        who = ("--who", "Ada", "--why", "read it")
        return parley("promote", NAME, *who, "--frozen", frozen, *more)

    return workspace, parley, register, promote


@pytest.fixture(autouse=True, scope="module")
def toy():
    kind = Toy()
    kinds.KINDS[NAME] = kind
    yield kind
    del kinds.KINDS[NAME]


def champion(parley):
    return json.loads(parley("champion", NAME, "--json").stdout)


def test_a_model_from_its_first_version_to_a_rollback(story, toy, frozen):
    """R228, R242: versions, a rule, a logged decision, and the way back."""
    workspace, parley, register, promote = story
    client = MlflowClient(tracking_uri=f"sqlite:///{workspace / 'mlflow.db'}")

    first = register("first")
    again = register("first")
    runs = client.search_runs([client.get_experiment_by_name(NAME).experiment_id])
    assert first["is_new"]
    assert not again["is_new"]
    assert (first["version"], again["version"]) == (1, 1)
    assert sorted(run.data.tags["kind"] for run in runs) == ["evaluation", "training"]
    measured = next(run for run in runs if run.data.tags["kind"] == "evaluation")
    assert measured.data.metrics["stop_recall"] == 0.75
    assert {"data_version", "code_version", "weights_sha256", "model"} <= set(measured.data.params)

    assert promote().exit_code == 0
    assert client.get_model_version_by_alias(NAME, "champion").version == 1

    deaf = register("deaf")
    compared = parley("compare", NAME, "--frozen", frozen, "--json")
    said = json.loads(compared.stdout)
    assert compared.exit_code == 1
    assert not said["may_be_promoted"]
    assert {c["name"] for c in said["conditions"] if not c["holds"]} >= {"stops"}
    refused = promote()
    assert isinstance(refused.exception, PipelineError)
    assert "stops: 5 of 40 lost, at most 0" in str(refused.exception)
    assert champion(parley)["champion"]["version"] == 1, "a refusal changes nothing"

    better = register("better")
    assert better["version"] == deaf["version"] + 1
    assert promote().exit_code == 0
    assert client.get_model_version_by_alias(NAME, "champion").version == better["version"]
    made = champion(parley)["decisions"]
    assert [(one["kind"], one["version"], one["before"]) for one in made] == [
        ("promoted", 1, None),
        ("promoted", 3, 1),
    ]
    assert made[-1]["who"] == "Ada"
    assert any(figure.startswith("macro-F1") for figure in made[-1]["figures"])

    toy.ships = better["tags"]["model"]
    assert parley("check", NAME).exit_code == 0
    toy.ships = first["tags"]["model"]
    unlike = parley("check", NAME)
    assert unlike.exit_code == 1
    assert "put the champion's training texts and weights into" in unlike.stdout

    back = parley("rollback", NAME, "--who", "Bo", "--why", "misses Dutch")
    assert "version 1 is champion again, after 3" in back.stdout
    assert client.get_model_version_by_alias(NAME, "champion").version == 1
    assert parley("check", NAME).exit_code == 0
    further = parley("rollback", NAME, "--who", "Bo", "--why", "misses more")
    assert isinstance(further.exception, PipelineError)


def test_the_log_is_the_truth_and_a_changed_log_promotes_nobody(story):
    """An alias that somebody moved by hand goes back; a log that somebody edited is refused."""
    workspace, parley, register, promote = story
    client = MlflowClient(tracking_uri=f"sqlite:///{workspace / 'mlflow.db'}")
    for which in ("first", "deaf"):
        register(which)
    promote("--version", 1)

    client.set_registered_model_alias(NAME, "champion", "2")
    assert champion(parley)["champion"]["version"] == 1
    assert client.get_model_version_by_alias(NAME, "champion").version == 1, "the log is the truth"

    log = log_of(_paths(workspace))
    log.write_text(log.read_text().replace("Ada", "Eve"))
    assert "line 1 was changed" in str(promote("--version", 2).exception)


def test_dagster_warns_where_another_version_than_the_champion_ships(story, toy, monkeypatch):
    """A model without a champion has nothing to differ from."""
    import dagster as dg

    from pipelines.defs.readouts import champions_ship
    from pipelines.resources import WorkspaceResource

    workspace, _, register, promote = story
    monkeypatch.setattr(kinds, "KINDS", {NAME: toy})
    toy.ships = "something else"
    resource = WorkspaceResource(root=str(workspace), tenant_id="northbeam")

    def passes():
        found = champions_ship(workspace=resource)
        assert isinstance(found, dg.AssetCheckResult)
        return found.passed

    assert passes()
    toy.ships = register("first")["tags"]["model"]
    promote()
    assert passes()
    toy.ships = "something else"
    assert not passes()


def _paths(workspace):
    from agent_runtime.settings import Workspace

    return Workspace(workspace)


def test_a_model_that_nobody_knows_is_refused_with_those_there_are(story):
    _, parley, *_ = story

    refused = parley("register", "propensity")

    assert "use one of intent, opinion_opt_out, opinion_auto_reply" in str(refused.exception)


@pytest.mark.parametrize("name", ["opinion_opt_out", "opinion_auto_reply"])
def test_the_shipped_opinions_read_as_the_registry_says(name, tmp_path):
    """Their identity is the hash of the weights that the runtime loads."""
    from agent_runtime.models.training import Example

    kind = kinds.kind_of(name)
    built = kind.build(None, tmp_path)
    ask = "unsubscribe" if name == "opinion_opt_out" else "out_of_office"
    text = {
        "unsubscribe": "Please remove me from your list and do not write to me again.",
        "out_of_office": "I am out of the office until Monday and will answer your mail then.",
    }[ask]

    assert built.identity == kind.shipped_identity()
    assert built.read(Example(text, ask, "en")).said == "yes"
    assert built.read(Example("What does it cost for forty people?", "pricing", "en")).said == "no"
