"""Which of a file's tensors are taken: those that cover the model after one prefix; the rest is said, or refused."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from render.descent.weights.saved import tensors_in
from render.descent.weights.taking import Taken, Wanted, groups, sentences, take, take_like
from render.errors import DataError, UsageError

FILE = Path("a.pt")


def network(seed: int = 5) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 3))


STATE, OTHER = network().state_dict(), network(6).state_dict()
PARAMETERS = [name for name, _ in network().named_parameters()]


def under(prefix: str, state: dict | None = None) -> dict:
    return {f"{prefix}{name}": tensor for name, tensor in (STATE if state is None else state).items()}


def read(content, **wanted) -> Taken:
    """Returns what is taken of what a file of torch's would hold."""
    held = dict(tensors_in(content))
    return take(held, network(), FILE, Wanted(**wanted))


def is_all(taken: Taken, state: dict = STATE) -> bool:
    return list(taken.state) == list(STATE) and all(torch.equal(taken.state[name], state[name]) for name in state)


def inside(part: str) -> dict:
    """The names of a model one of whose layers is wrapped."""
    return {f"{name[0]}.{part}{name[1:]}": tensor for name, tensor in STATE.items()}


LAYOUTS = {
    "bare": (STATE, ""),
    "one key": ({"net": STATE}, "net"),
    "two keys": ({"model_state_dict": {"state_dict": STATE}, "epoch": 3}, "model_state_dict.state_dict"),
    "a key that nobody knows": ({"my_weights": STATE}, "my_weights"),
    "in a list": ({"models": [STATE]}, "models.0"),
    "Lightning": ({"state_dict": under("model."), "optimizer_states": [{}]}, "state_dict.model"),
    "parallel": (under("module."), "module"),
    "compiled": (under("_orig_mod."), ""),
    "compiled and parallel": (under("module._orig_mod."), "module"),
    "compiled inside": (inside("_orig_mod"), ""),
    "fully sharded": (inside("_fsdp_wrapped_module._checkpoint_wrapped_module"), ""),
    "sharded at the top": (under("_fsdp_wrapped_module."), ""),
    "fabric": (under("_forward_module.module."), "module"),
    "parallel inside": (inside("module"), ""),
    "a criterion": ({**under("model."), "criterion.pos_weight": torch.ones(())}, "model"),
    "a criterion beside the layers": ({**STATE, "criterion.weight": torch.ones(3)}, ""),
    "a buffer of the loss beside the layers": ({**STATE, "pos_weight": torch.ones(3)}, ""),
    "metrics beside the layers": ({**STATE, "val_acc.right": torch.ones(3), "train_metrics.f1.tp": torch.ones(1)}, ""),
    "an optimiser": ({**STATE, "optimizer": {"state": {0: {"exp_avg": torch.zeros(4, 6)}}}}, ""),
    "counters": ({**STATE, "0.total_ops": torch.zeros(1), "total_params": torch.zeros(1)}, ""),
    "another order": (dict(reversed(STATE.items())), ""),
    "another of another width": ({**under("small."), "large.0.weight": torch.zeros(9, 6)}, "small"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "prefix"), LAYOUTS.values(), ids=LAYOUTS)
def test_a_model_is_found_wherever_its_names_lie(content, prefix):
    taken = read(content)
    assert is_all(taken) and (taken.prefix, taken.average) == (prefix, "")


def test_what_is_left_aside_is_said():
    taken = read({"state_dict": {**under("student."), "teacher.x": torch.ones(1), "teacher.y": torch.ones(1),
                                 "criterion.pos_weight": torch.ones(1)},
                  "optimizer": {"state": torch.ones(2)}})  # fmt: skip
    assert sentences(taken) == [
        "the weights under state_dict.student were taken",
        "left aside: state_dict.criterion.pos_weight, state_dict.teacher (2 tensors)",
    ]
    assert sentences(read(STATE)) == [] and groups(["a.b", "a.c", "d"]) == ["a (2 tensors)", "d"]


@pytest.mark.parametrize("teacher", [STATE, OTHER], ids=["equal for now", "another"])
def test_two_that_fit_are_named_and_a_prefix_chooses(teacher):
    content = {"state_dict": {**under("student."), **under("teacher.", teacher)}}
    with pytest.raises(
        DataError,
        match=r"a\.pt: holds the model under state_dict\.student and state_dict\.teacher; --prefix NAME chooses, such "
        r"as --prefix state_dict\.student",
    ):
        read(content)
    for prefix in ("student", "state_dict.student", "student."):
        assert is_all(read(content, prefix=prefix))
    assert is_all(read(content, prefix="teacher"), teacher)


def test_the_model_is_named_first_among_those_that_a_prefix_may_choose():
    with pytest.raises(DataError, match=r"under model and grads; --prefix NAME chooses, such as --prefix model$"):
        read({"grads": OTHER, "model": STATE})


def test_what_is_left_aside_is_grouped_below_what_is_around_all():
    held = {"module": {"encoder_q": STATE, "encoder_k": OTHER, "queue": torch.ones(3)}}
    assert sentences(read(held, prefix="encoder_q"))[1:] == ["left aside: module.encoder_k (8 tensors), module.queue"]


def test_a_model_at_the_top_is_chosen_by_a_dot():
    content = {**STATE, **under("teacher.", OTHER)}
    with pytest.raises(DataError, match=r"holds the model under \. and teacher; --prefix NAME chooses"):
        read(content)
    assert is_all(read(content, prefix="."))
    assert is_all(read(content, prefix="teacher"), OTHER)


def test_one_model_under_two_words_that_say_nothing_is_one():
    assert is_all(read({"model": STATE, "state_dict": dict(STATE)}))
    with pytest.raises(DataError, match="holds the model under model and state_dict"):
        read({"model": STATE, "state_dict": OTHER})


def test_a_prefix_that_is_not_there_names_those_that_are():
    with pytest.raises(DataError, match=r"holds the model under student, not under pupil; choose --prefix student"):
        read(under("student."), prefix="pupil")


class Wrapped(nn.Module):
    """Has a part that is called module, as wrappers call theirs."""

    def __init__(self):
        super().__init__()
        self.module, self.last = nn.Linear(6, 4), nn.Linear(4, 3)


@pytest.mark.parametrize("start", ["", "module.", "_orig_mod.", "module._orig_mod."])
def test_a_part_of_its_own_that_is_called_module_stays(start):
    model = Wrapped()
    held = {f"{start}{name}": tensor for name, tensor in model.state_dict().items()}
    taken = take(held, model, FILE)
    assert all(torch.equal(taken.state[name], tensor) for name, tensor in model.state_dict().items())


def test_names_that_differ_only_by_a_wrapper_are_kept_apart():
    model = nn.Module()
    model.module, model.weight = nn.Module(), nn.Parameter(torch.ones(2))
    model.module.weight = nn.Parameter(torch.zeros(2))
    for held in (model.state_dict(), dict(reversed(model.state_dict().items()))):
        taken = take(dict(held), model, FILE)
        assert taken.state["weight"].tolist() == [1, 1] and taken.state["module.weight"].tolist() == [0, 0]


def test_a_model_that_is_compiled_takes_weights_of_one_that_is_not():
    model = torch.compile(network())
    assert all(name.startswith("_orig_mod.") for name in model.state_dict())
    taken = take(STATE, model, FILE)
    assert torch.equal(taken.state["_orig_mod.0.weight"], STATE["0.weight"])


def test_a_prefix_that_only_the_model_has_is_put_on():
    model = nn.Sequential()
    model.add_module("model", network())
    taken = take(STATE, model, FILE)
    assert torch.equal(taken.state["model.0.weight"], STATE["0.weight"])


AVERAGES = {
    "ema": ({"ema": STATE}, "ema", "EMA"),
    "a state of it": ({"ema_state_dict": STATE}, "ema_state_dict", "EMA"),
    "timm": ({"state_dict_ema": STATE}, "state_dict_ema", "EMA"),
    "torchvision": ({"model_ema": {"n_averaged": torch.tensor(3), **under("module.")}}, "model_ema.module", "EMA"),
    "in a module": ({"state_dict": under("ema_model.")}, "state_dict.ema_model", "EMA"),
    "in a callback": ({"callbacks": {"EMACallback": {"weights": STATE}}}, "callbacks.EMACallback.weights", "EMA"),
    "averaged model": ({"n_averaged": torch.tensor(3), **under("module.")}, "module", "averaged"),
    "stochastic": ({"swa_model": STATE}, "swa_model", "averaged"),
    "online beside it": ({**under("ema_model."), "initted": torch.ones(1), "step": torch.ones(1)}, "ema_model", "EMA"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "prefix", "kind"), AVERAGES.values(), ids=AVERAGES)
def test_an_average_that_is_alone_is_taken_and_said(content, prefix, kind):
    taken = read(content)
    assert is_all(taken) and (taken.prefix, taken.average) == (prefix, kind)
    assert sentences(taken)[0] == f"{kind} weights were taken, which lie under {prefix}"
    assert is_all(read(content, weights="ema"))
    with pytest.raises(DataError, match=rf"holds only {kind} weights of the model.*choose --weights ema"):
        read(content, weights="model")


def test_torchs_own_averaged_model_is_known():
    average = AveragedModel(network(), use_buffers=True)
    average.update_parameters(network(6))
    taken = read(average.state_dict())
    assert taken.average == "averaged" and torch.equal(taken.state["0.weight"], average.module[0].weight)


BOTH = {
    "keys": {"model": STATE, "ema": OTHER},
    "timm": {"state_dict": STATE, "state_dict_ema": OTHER},
    "names": {"state_dict": {**under("model."), **under("model_ema.", OTHER)}},
    "at the top": {**STATE, **under("ema.", OTHER)},
    "online and ema": {"ema": {**under("online_model."), **under("ema_model.", OTHER)}},
    "Lightning": {"state_dict": OTHER, "current_model_state": STATE, "averaging_state": {"n_averaged": torch.ones(1)}},
    "parameters only": {"model": STATE, "ema": {"shadow": {name: OTHER[name] for name in PARAMETERS}}},
    "a list": {"model": STATE, "ema": {"shadow_params": [OTHER[name] for name in PARAMETERS], "decay": 0.9}},
    "a list and its backup": {"model": STATE, "ema": {"shadow_params": [OTHER[name] for name in PARAMETERS],
                                                      "collected_params": [STATE[name] for name in PARAMETERS]}},
    "names without dots": {"state_dict": {**under("model."), "model_ema.decay": torch.ones(()),
                                          "model_ema.num_updates": torch.ones(()),
                                          **{f"model_ema.{n.replace('.', '')}": OTHER[n] for n in PARAMETERS}}},
}  # fmt: skip


@pytest.mark.parametrize("content", BOTH.values(), ids=BOTH)
def test_of_a_model_and_its_average_the_model_is_taken_unless_the_average_is_asked_for(content):
    taken = read(content)
    assert is_all(taken) and taken.average == "" and len(taken.averages_left) == 1
    assert sentences(taken)[0].startswith("the model's own weights were taken; averages lie under ")
    assert is_all(read(content, weights="model"))
    average = read(content, weights="ema")
    assert average.average and all(torch.equal(average.state[name], OTHER[name]) for name in PARAMETERS)


def test_an_average_of_parameters_alone_has_the_statistics_of_the_model_beside_it():
    assert torch.equal(read(BOTH["a list"], weights="ema").state["1.running_mean"], STATE["1.running_mean"])
    alone = {"ema": {name: OTHER[name] for name in PARAMETERS}}
    with pytest.raises(DataError, match=r"does not fit the model: it lacks 1\.running_mean, 1\.running_var"):
        read(alone)


def test_a_list_of_other_shapes_is_no_average():
    with pytest.raises(DataError, match="does not fit the model"):
        read({"shadow_params": [OTHER[name] for name in reversed(PARAMETERS)]})


def test_a_file_says_by_its_name_that_it_holds_an_average():
    assert take(STATE, network(), Path("ema_0.9999_010000.pt")).average == "EMA"
    assert take(STATE, network(), Path("schema_avg_loss=0.3.pt")).average == ""
    assert take(dict(tensors_in({"model": STATE, "ema": OTHER})), network(), Path("best_ema.pt")).average == ""


def test_kinds_that_nobody_knows_are_refused():
    with pytest.raises(UsageError, match="--weights swa: is neither model nor ema; choose one of them"):
        Wanted(weights="swa")


def test_every_checkpoint_gives_what_the_first_one_gave():
    both, alone, plain = {"model": STATE, "ema": OTHER}, {"ema": OTHER}, {"model": STATE}
    held = [dict(tensors_in(content)) for content in (both, alone, plain)]
    first = take(held[1], network(), FILE)
    assert is_all(take_like(first, held[0], network(), FILE, Wanted()), OTHER)
    with pytest.raises(DataError, match=r"holds no EMA weights of the model.*of the first checkpoint; leave it out"):
        take_like(first, held[2], network(), FILE, Wanted())
    with pytest.raises(
        DataError, match=r"holds only EMA weights of the model.*; leave it out, or choose --weights ema"
    ):
        take_like(take(held[0], network(), FILE), held[1], network(), FILE, Wanted())


def test_a_path_does_not_lead_from_one_network_to_another():
    first = take(under("student."), network(), FILE)
    with pytest.raises(DataError, match="under teacher, the first checkpoint under student; leave it out"):
        take_like(first, under("teacher."), network(), FILE, Wanted())
    assert is_all(take_like(first, under("module.student."), network(), FILE, Wanted()))


WITHOUT = {name: tensor for name, tensor in STATE.items() if name != "0.weight"}
deeper = nn.Sequential(*network(), nn.Linear(3, 3)).state_dict()
MISFITS = {
    "another shape": (
        {**STATE, "0.weight": torch.zeros(4, 5)},
        r"0\.weight has the shape \(4, 5\), the model's has \(4, 6\); choose its own model",
    ),
    "more of another shape": (
        {**STATE, "0.weight": torch.zeros(4, 5), "0.bias": torch.zeros(5)},
        r"0\.bias has the shape \(5,\), the model's has \(4,\), and 1 more differ",
    ),
    "missing": ({n: t for n, t in STATE.items() if not n.startswith("3")}, r"it lacks 3\.bias, 3\.weight; choose"),
    "missing under a prefix": (under("net.", {**STATE, "3.bias": torch.ones(4)}), r"3\.bias has the shape \(4,\)"),
    "statistics are missing": ({n: t for n, t in STATE.items() if "mean" not in n}, r"it lacks 1\.running_mean;"),
    "left over": ({**STATE, "head.weight": torch.zeros(2)}, r"it has also head\.weight; choose its own model"),
    "a deeper network": (deeper, r"it has also 4\.bias, 4\.weight; choose its own model"),
    "a deeper network under a prefix": (under("model.", deeper), r"it has also model\.4\.bias, model\.4\.weight"),
    "a deeper network's average": ({"ema": deeper}, r"it has also ema\.4\.bias, ema\.4\.weight; choose"),
    "all": ({"x": torch.zeros(1)}, r"it lacks 0\.bias, 0\.weight, 1\.bias and 5 more and has also x"),
    "whole numbers": ({**STATE, "0.bias": torch.zeros(4, dtype=torch.int8)}, r"0\.bias holds int8, the model's"),
    "complex numbers": ({**STATE, "0.bias": torch.zeros(4, dtype=torch.complex64)}, r"0\.bias holds complex64"),
    "sparse": ({**STATE, "0.weight": torch.zeros(4, 6).to_sparse()}, r"0\.weight is sparse, quantised"),
    "a weight norm": (
        {**WITHOUT, "0.weight_g": torch.ones(4, 1), "0.weight_v": torch.ones(4, 6)},
        r"0\.weight is not in it, but 0\.weight_g, which it was made of; make the model so too, or save it after",
    ),
    "a parametrisation": (
        {**WITHOUT, "0.parametrizations.weight.original": torch.ones(4, 6)},
        r"0\.weight is not in it, but 0\.parametrizations\.weight\.original, which it was made of",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words"), MISFITS.values(), ids=MISFITS)
def test_weights_of_another_network_say_what_is_wrong(content, words):
    with pytest.raises(DataError, match=rf"a\.pt: .*{words}"):
        read(content)


def test_one_of_several_files_of_a_model_says_that_their_folder_is_needed():
    part = {name: STATE[name] for name in PARAMETERS[:3]}
    with pytest.raises(DataError, match=r"it lacks .*; name the folder of all its parts"):
        take(part, network(), Path("model-00001-of-00002.safetensors"))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_numbers_of_other_precisions_are_read_as_they_are(dtype):
    model = network(6)
    kept = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in STATE.items()}
    model.load_state_dict(read(kept).state)
    assert torch.equal(model[0].weight, STATE["0.weight"].to(dtype).float())


def test_counters_need_not_be_there_and_may_be_more():
    fewer = {name: tensor for name, tensor in STATE.items() if "tracked" not in name}
    assert list(read(fewer).state) == list(STATE)
    assert is_all(read({**STATE, "0.num_batches_tracked": torch.ones(())}))


def test_layers_without_shapes_are_a_sentence():
    with pytest.raises(DataError, match="layers without shapes; run it once on an example"):
        take(STATE, nn.LazyLinear(3), FILE)


def test_a_network_without_parameters_is_a_sentence():
    with pytest.raises(DataError, match="the network has no parameters; there is no path to draw"):
        take(STATE, nn.Tanh(), FILE)


def test_what_is_no_tensor_in_a_state_stays_the_models_own():
    class Noted(nn.Linear):
        def get_extra_state(self):
            return "note"

        def set_extra_state(self, state):
            self.note = state

    model = Noted(2, 3)
    taken = take({"weight": torch.ones(3, 2), "bias": torch.zeros(3)}, model, FILE)
    model.load_state_dict(taken.state)
    assert model.note == "note" and model.weight.sum() == 6


class Parallel(nn.Module):
    """Stands for DistributedDataParallel, which needs other processes."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module


WRAPPED = {
    "of a parallel model": lambda: AveragedModel(Parallel(network())),
    "of a compiled model": lambda: AveragedModel(torch.compile(network())),
    "in parallel": lambda: Parallel(AveragedModel(network())),
    "compiled": lambda: torch.compile(AveragedModel(network())),
}


@pytest.mark.parametrize("made", WRAPPED.values(), ids=WRAPPED)
def test_torchs_own_averaged_model_is_known_in_and_around_wrappers(made):
    for content in (made().state_dict(), {"model": OTHER, "other": made().state_dict()}):
        taken = read(content, weights="ema")
        assert taken.average == "averaged" and is_all(taken)
    assert read(Parallel(Parallel(network())).state_dict()).average == ""


@pytest.mark.parametrize("part", ["avg_pool_net", "average_pooling", "shadow_maps"])
def test_a_word_for_averages_in_another_word_is_none(part):
    assert read({part: STATE}).average == ""
    with pytest.raises(DataError, match=rf"it has also {part}\.weight; choose its own model"):
        read({**STATE, f"{part}.weight": torch.ones(3)})


@pytest.mark.parametrize("part", ["avg", "avg_model", "model_avg", "averagedModel", "average_model_state", "g_ema"])
def test_a_word_for_averages_beside_what_is_averaged_is_one(part):
    assert read({part: STATE}).average


@pytest.mark.parametrize("prefix", ["", "model."])
@pytest.mark.parametrize("layer", ["scaler", "random_features", "amp", "opt_head", "scheduled"])
def test_a_layer_that_is_called_as_a_part_of_a_trainer_is_one_of_another_network(layer, prefix):
    held = under(prefix, {**STATE, f"{layer}.weight": torch.ones(4)})
    with pytest.raises(DataError, match=rf"it has also {prefix}{layer}\.weight; choose its own model"):
        read(held)


def test_what_a_trainer_keeps_beside_layers_is_no_layer():
    held = {**STATE, "rng_state": torch.ones(2), "optimizer": {"param_groups": [{"lr": torch.ones(())}]}}
    assert is_all(read(held)) and sentences(read(held)) == []
    assert sentences(read({"model": STATE, "scaler": {"weight": torch.ones(2)}})) == ["left aside: scaler.weight"]


def test_what_an_optimiser_holds_is_not_the_model():
    with pytest.raises(
        DataError,
        match=r"a\.pt: holds the model's names only under optimizer\.params, which belongs to a trainer; choose a "
        r"checkpoint of the model, or --prefix optimizer\.params$",
    ):
        read({"optimizer": {"params": STATE}})
    assert is_all(read({"optimizer": {"params": STATE}}, prefix="optimizer.params"))
    both = read({"model": STATE, "optimizer_init": OTHER})
    assert is_all(both) and sentences(both) == ["left aside: optimizer_init (8 tensors)"]
    assert read({"optimizer": {"ema": STATE}}).average == "EMA"


class Tied(nn.Module):
    """Reads and writes words by one matrix."""

    def __init__(self):
        super().__init__()
        self.read, self.write = nn.Embedding(7, 4), nn.Linear(4, 7, bias=False)
        self.write.weight = self.read.weight


def test_weights_that_the_model_ties_and_the_file_does_not_are_refused():
    held = {"net.read.weight": torch.zeros(7, 4), "net.write.weight": torch.ones(7, 4)}
    with pytest.raises(
        DataError,
        match=r"net\.write\.weight is not net\.read\.weight, and the model ties them, the file does not; choose",
    ):
        take(held, Tied(), FILE)
    assert take({**held, "net.write.weight": torch.zeros(7, 4)}, Tied(), FILE).prefix == "net"
    assert take({"read.weight": torch.zeros(7, 4)}, Tied(), FILE).state["write.weight"].sum() == 0


class Shuffled(nn.Linear):
    """Takes its inputs in an order that is drawn when it is made."""

    def __init__(self):
        super().__init__(6, 3)
        self.register_buffer("order", torch.randperm(6))
        self.register_buffer("position_ids", torch.arange(6))


def test_whole_numbers_that_change_the_output_must_be_there():
    held = Shuffled().state_dict()
    held.pop("position_ids")
    assert torch.equal(take(held, Shuffled(), FILE).state["order"], held["order"])
    held.pop("order")
    with pytest.raises(DataError, match="does not fit the model: it lacks order; choose its own model"):
        take(held, Shuffled(), FILE)


def test_what_the_model_lends_its_average_is_said_and_not_left_aside():
    taken = read({"model": STATE, "ema": {name: OTHER[name] for name in PARAMETERS}}, weights="ema")
    assert taken.lent == ("1.running_mean", "1.running_var")
    assert sentences(taken) == [
        "EMA weights were taken, which lie under ema, with the model's own 1.running_mean, 1.running_var",
        "left aside: model (6 tensors)",
    ]
