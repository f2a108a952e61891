from mlreview.analysis.architecture import parse_summary

KERAS_3 = """Model: "functional_3"
┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)        ┃ Output Shape      ┃    Param # ┃ Connected to      ┃
┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━┩
│ a_very_long_name_o… │ (None, 100)       │          0 │ -                 │
│ (InputLayer)        │                   │            │                   │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dense_4 (Dense)     │ (None, 64)        │      6,464 │ a_very_long_name… │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dense_5 (Dense)     │ (None, 64)        │      4,160 │ dense_4[0][0]     │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dropout_1 (Dropout) │ (None, 64)        │          0 │ dense_5[0][0]     │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dense_6 (Dense)     │ (None, 1)         │         65 │ dropout_1[0][0]   │
└─────────────────────┴───────────────────┴────────────┴───────────────────┘
 Total params: 32,069 (125.27 KB)
 Trainable params: 10,689 (41.75 KB)
 Non-trainable params: 0 (0.00 B)
 Optimizer params: 21,380 (83.52 KB)
"""
KERAS_2 = """Model: "sequential"
_________________________________________________________________
 Layer (type)                Output Shape              Param #
=================================================================
 conv2d (Conv2D)             (None, 26, 26, 32)        320

 dense (Dense)               (None, 10)                54090
=================================================================
Total params: 54,410
Trainable params: 54,410
Non-trainable params: 0
_________________________________________________________________
"""


def test_a_keras_3_table_with_wrapped_names_and_connections_is_read():
    network = parse_summary(KERAS_3)
    assert network.label == "InputLayer → Dense 64 ×2 → Dropout → Dense 1"
    assert [layer.parameters for layer in network.layers] == [0, 6464, 4160, 0, 65]


def test_the_optimizers_variables_are_no_parameters_of_the_network():
    assert (parse_summary(KERAS_3).total, parse_summary(KERAS_3).trainable) == (10_689, 10_689)


def test_a_keras_2_table_is_read():
    network = parse_summary(KERAS_2)
    assert network.label == "Conv2D 32 → Dense 10"
    assert (network.total, network.layers[0].shape) == (54_410, "(None, 26, 26, 32)")


def test_names_of_layers_which_keras_counts_make_no_difference():
    assert parse_summary(KERAS_2) == parse_summary(KERAS_2.replace("dense (", "dense_9 (").replace("sequential", "s_3"))


def test_a_layer_that_is_not_built_has_no_count():
    unbuilt = KERAS_3.replace("      6,464", "0 (unbuilt)").replace("         65", "          ?")
    assert [layer.parameters for layer in parse_summary(unbuilt).layers] == [0, 0, 4160, 0, None]


def test_what_is_no_summary_is_none():
    assert parse_summary("") is None
    assert parse_summary("LogisticRegression(C=1.0)") is None
    assert parse_summary("│" * 100_000) is None
