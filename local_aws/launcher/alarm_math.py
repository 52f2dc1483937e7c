"""Metric math of alarms: the operators, and the functions that alarms are made of, over one period at a time."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence

Value = float | None
# Missing data of a metric is None; a function of missing data is missing.
_Argument = Value | list[Value]

_LOGIC = ((r"\bAND\b|&&", " and "), (r"\bOR\b|\|\|", " or "), (r"\bNOT\b", " not "), (r"\^", "**"))
_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_OVER_ALL: Mapping[str, Callable[[Sequence[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "MAX": max,
    "MIN": min,
    "SUM": sum,
}
_OF_ONE: Mapping[str, Callable[[float], float]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}


class UnknownExpressionError(ValueError):
    """An expression uses what is not known here; the message says what."""


def parse(expression: str) -> ast.expr:
    """An expression, understood. Raises UnknownExpressionError."""
    text = expression
    for pattern, python in _LOGIC:
        text = re.sub(pattern, python, text)
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as problem:
        raise UnknownExpressionError(f"{expression!r} can't be read") from problem


def evaluate(node: ast.expr, values: Mapping[str, Value], metrics: Sequence[str]) -> Value:
    """The expression's value in one period. Raises UnknownExpressionError.

    Args:
        values: Of every metric and expression that it may name.
        metrics: Those of them that ``METRICS()`` stands for.
    """
    found = _Period(values, metrics).value(node)
    if isinstance(found, list):
        raise UnknownExpressionError("an alarm watches one series, and this expression gives several")
    return found


class _Period:
    def __init__(self, values: Mapping[str, Value], metrics: Sequence[str]) -> None:
        self._values = values
        self._metrics = metrics

    def value(self, node: ast.expr) -> _Argument:
        found: _Argument
        match node:
            case ast.Constant(value=int() | float() as number):
                found = float(number)
            case ast.Name(id=name) if name in self._values:
                found = self._values[name]
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                found = [self._one(element) for element in elements]
            case ast.UnaryOp(op=op, operand=operand):
                found = self._unary(op, self._one(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                found = self._both(_ARITHMETIC[type(op)], left, right)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
                found = self._both(_COMPARISONS[type(op)], left, right)
            case ast.BoolOp(op=op, values=parts):
                found = self._logic(op, [self._one(part) for part in parts])
            case ast.Call(func=ast.Name(id=name), args=arguments):
                found = self._call(name, arguments)
            case _:
                raise UnknownExpressionError(f"{ast.unparse(node)} is not known")
        return found

    def _one(self, node: ast.expr) -> Value:
        found = self.value(node)
        if isinstance(found, list):
            raise UnknownExpressionError(f"{ast.unparse(node)} must be one series")
        return found

    @staticmethod
    def _unary(op: ast.unaryop, value: Value) -> Value:
        if value is None:
            return None
        return float(not value) if isinstance(op, ast.Not) else -value if isinstance(op, ast.USub) else value

    def _both(self, operate: Callable[[float, float], float], left: ast.expr, right: ast.expr) -> Value:
        one, other = self._one(left), self._one(right)
        try:
            return None if one is None or other is None else float(operate(one, other))
        except ZeroDivisionError:
            return None

    @staticmethod
    def _logic(op: ast.boolop, values: Sequence[Value]) -> Value:
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        return float(all(known) if isinstance(op, ast.And) else any(known))

    def _call(self, name: str, arguments: Sequence[ast.expr]) -> _Argument:
        found: _Argument
        match name, arguments:
            case "IF", [condition, then, *otherwise]:
                decided = self._one(condition)
                branch = then if decided else next(iter(otherwise), None)
                found = None if decided is None or branch is None else self._one(branch)
            case "FILL", [filled, filling]:
                found = self._filled(self.value(filled), filling)
            case "METRICS", _:
                found = [self._values[metric] for metric in self._metrics]
            case _, [argument] if name in _OVER_ALL:
                given = self.value(argument)
                known = [value for value in (given if isinstance(given, list) else [given]) if value is not None]
                found = _OVER_ALL[name](known) if known else None
            case _, [argument] if name in _OF_ONE:
                single = self._one(argument)
                found = None if single is None else _OF_ONE[name](single)
            case _:
                raise UnknownExpressionError(f"{name}() is not known")
        return found

    def _filled(self, found: _Argument, filling: ast.expr) -> _Argument:
        # REPEAT and LINEAR look at other periods, and this is one: what is missing stays so.
        other = None if isinstance(filling, ast.Name) and filling.id in {"REPEAT", "LINEAR"} else self._one(filling)
        if isinstance(found, list):
            return [other if value is None else value for value in found]
        return other if found is None else found
