# SPDX-License-Identifier: Apache-2.0
"""Drawing a graph, with the Python package graphviz and its program dot."""
import json

_COLOURS = {
    "null": "#8dd3c7", "FullyConnected": "#fb8072", "Activation": "#ffffb3", "SoftmaxOutput": "#fccde5",
    "Custom": "#bebada"}
_SHOWN = {"FullyConnected": "num_hidden", "Activation": "act_type"}
_PARAMETERS = ("_weight", "_bias")


def plot_network(symbol, title="plot", save_format="pdf", shape=None, node_attrs=None, hide_weights=True):
    """A graphviz.Digraph with a node for each layer; with shapes of the inputs, the edges show shapes."""
    from graphviz import Digraph

    nodes = json.loads(symbol.tojson())["nodes"]
    hidden = {
        number for number, node in enumerate(nodes)
        if hide_weights and node["op"] == "null" and node["name"].endswith(_PARAMETERS)}
    shapes = {}
    if shape is not None:
        shapes = {(node.name, index): found for (node, index), found in symbol.shapes(shape).items()}
    style = dict({"shape": "box", "fixedsize": "false", "style": "filled"}, **(node_attrs or {}))
    drawing = Digraph(name=title, format=save_format)
    for number, node in enumerate(nodes):
        if number in hidden:
            continue
        shown = node["attrs"].get(_SHOWN.get(node["op"], ""))
        label = node["name"] if node["op"] == "null" else node["op"] + ("\n" + shown if shown else "")
        colour = _COLOURS.get(node["op"], "#b3de69")
        drawing.node(name=node["name"], label=label, **dict(style, fillcolor=colour))
    for number, node in enumerate(nodes):
        for source, index, _ in node["inputs"]:
            if source not in hidden and number not in hidden:
                found = shapes.get((nodes[source]["name"], index))
                label = "x".join(map(str, found[1:])) if found else ""
                drawing.edge(tail_name=node["name"], head_name=nodes[source]["name"], label=label, dir="back")
    return drawing
