# SPDX-License-Identifier: Apache-2.0
"""Exports Keras MLPs through tf2onnx, one an activation and layout.

usage: export_keras.py OUT
"""

import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import tensorflow as tf  # noqa: E402
import tf2onnx  # noqa: E402
from tensorflow import keras  # noqa: E402

import cases  # noqa: E402

INPUTS = 6
ACTIVATIONS = ("linear sigmoid tanh relu relu6 leaky_relu elu selu silu mish softplus "
               "softsign hard_sigmoid hard_silu log_sigmoid softmax log_softmax").split()


def stack(*layers) -> keras.Model:
    return keras.Sequential([keras.Input((INPUTS,)), *layers])


def heads(norm) -> keras.Model:
    """Class and value from one trunk."""
    dense = keras.layers.Dense
    given = keras.Input((INPUTS,))
    trunk = keras.layers.BatchNormalization(**norm)(dense(16, activation="relu")(given))
    return keras.Model(given, [dense(4, activation="softmax")(trunk),
                               dense(1, activation="tanh")(dense(8, activation="elu")(trunk))])


def activations() -> dict[str, keras.Model]:
    dense = keras.layers.Dense
    return {name: stack(dense(16, activation=name), dense(9, activation=name), dense(4))
            for name in ACTIVATIONS}


def layouts() -> dict[str, keras.Model]:
    dense = keras.layers.Dense
    mean, deviation = cases.rows(2)[:INPUTS].T
    random = keras.initializers.RandomUniform(0.5, 1.5, seed=cases.SEED)
    norm = {"beta_initializer": random, "gamma_initializer": random,
            "moving_mean_initializer": random, "moving_variance_initializer": random}
    return {
        "gelu_tanh": stack(dense(16), keras.layers.Activation(
            lambda x: keras.activations.gelu(x, approximate=True)), dense(4)),
        "classifier": stack(dense(16, activation="relu"), dense(3, activation="softmax")),
        "binary": stack(dense(16, activation="tanh"), dense(1, activation="sigmoid")),
        "gelu_erf": stack(dense(16), keras.layers.Activation(
            lambda x: 0.5 * x * (1 + tf.math.erf(x / tf.sqrt(2.0)))), dense(4)),
        "normalized": stack(keras.layers.Lambda(lambda x: (x - mean) / (abs(deviation) + 0.5)),
                            dense(8, activation="relu"), dense(2)),
        "batch_norm": stack(dense(16), keras.layers.BatchNormalization(**norm),
                            keras.layers.Activation("silu"), dense(4)),
        "batch_norm_after": stack(dense(16, activation="relu"),
                                  keras.layers.BatchNormalization(**norm), dense(4)),
        "rescaling": stack(keras.layers.Rescaling(1 / 127.5, -1), dense(4, activation="elu")),
        "dropout": stack(keras.layers.Dropout(0.5), dense(4, activation="relu")),
        "prelu": stack(dense(16), keras.layers.PReLU(alpha_initializer=random), dense(4)),
        "leaky": stack(dense(16), keras.layers.LeakyReLU(0.15), dense(4)),
        "no_bias": stack(dense(16, use_bias=False, activation="tanh"), dense(4, use_bias=False)),
        "heads": heads(norm),
        "picture": keras.Sequential([keras.Input((2, 3)), keras.layers.Flatten(), dense(4)]),
    }


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    keras.utils.set_random_seed(cases.SEED)
    for name, model in (activations() | layouts()).items():
        shape = (None, 2, 3) if name == "picture" else (None, INPUTS)
        signature = [tf.TensorSpec(shape, tf.float32, name="input")]
        function = tf.function(lambda x, model=model: model(x, training=False), signature)

        def export(path, function=function, signature=signature):
            tf2onnx.convert.from_function(function, input_signature=signature, opset=15,
                                          output_path=str(path))

        cases.attempt(out, f"keras-{name}", cases.rows(INPUTS), export)


if __name__ == "__main__":
    main()
