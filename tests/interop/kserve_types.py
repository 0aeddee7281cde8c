# SPDX-License-Identifier: Apache-2.0
"""Decodes KServe's manifests strictly, with the types of its Python package: an unknown field, a value
of a wrong type or a missing one that is required fails.

usage: kserve_types.py FILE...  Documents of other projects are left out.
"""

import re
import sys

import kubernetes.client.models
import kserve.models
import yaml

KINDS = {
    "serving.kserve.io/v1alpha1/ClusterServingRuntime": "V1alpha1ClusterServingRuntime",
    "serving.kserve.io/v1beta1/InferenceService": "V1beta1InferenceService",
}
SIMPLE = {
    "str": str, "bool": bool, "int": int, "float": (int, float), "object": object,
    "ResourceQuantity": (str, int), "V1beta1MetricQuantity": (str, int), "IntOrString": (str, int),
}
PROTOCOLS = {"v1", "v2", "grpc-v1", "grpc-v2"}


def simple(kind: str, value, where: str):
    is_wrong_bool = isinstance(value, bool) and kind not in ("bool", "object")
    if is_wrong_bool or not isinstance(value, SIMPLE[kind]):
        raise ValueError(f"{where}: got {value!r}, want {kind}")
    return value


def decode(kind: str, value, where: str):
    if kind in SIMPLE:
        return simple(kind, value, where)
    if of := re.fullmatch(r"[Ll]ist\[(.+)\]", kind):
        if not isinstance(value, list):
            raise ValueError(f"{where}: got {value!r}, want a list")
        return [decode(of[1], item, f"{where}[{i}]") for i, item in enumerate(value)]
    if not isinstance(value, dict):
        raise ValueError(f"{where}: got {value!r}, want {kind}")
    if of := re.fullmatch(r"[Dd]ict[(\[]str, (.+)[)\]]", kind):
        return {key: decode(of[1], item, f"{where}.{key}") for key, item in value.items()}
    return decode_model(kind, value, where)


def decode_model(kind: str, value: dict, where: str):
    model = getattr(kserve.models, kind, None) or getattr(kubernetes.client.models, kind)
    attributes = {name: attribute for attribute, name in model.attribute_map.items()}
    fields = {}
    for name, item in value.items():
        if name not in attributes:
            raise ValueError(f"{where}: {kind} has no field {name}")
        attribute = attributes[name]
        fields[attribute] = decode(model.openapi_types[attribute], item, f"{where}.{name}")
    try:
        return model(**fields)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def check_runtime(runtime: dict) -> None:
    """What KServe asks of a runtime beyond the types."""
    spec = runtime["spec"]
    container = spec["containers"][0]
    if container["name"] != "kserve-container":
        raise ValueError(f"the first container is {container['name']}, want kserve-container")
    if unknown := set(spec["protocolVersions"]) - PROTOCOLS:
        raise ValueError(f"unknown protocol versions {sorted(unknown)}")
    if [port["name"] for port in container["ports"]] != ["h2c"]:
        raise ValueError("want one port, named h2c: Knative takes no other")


def main() -> None:
    for file in sys.argv[1:]:
        with open(file, encoding="utf-8") as opened:
            documents = list(yaml.safe_load_all(opened))
        for document in documents:
            kind = KINDS.get(f"{document['apiVersion']}/{document['kind']}")
            if not kind:
                continue
            try:
                decode(kind, document, document["kind"])
                if document["kind"] == "ClusterServingRuntime":
                    check_runtime(document)
            except ValueError as error:
                sys.exit(str(error))
            print(document["kind"])


if __name__ == "__main__":
    main()
