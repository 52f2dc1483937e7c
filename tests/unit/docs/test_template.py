"""What refers to what in a template is found however it is written."""

from __future__ import annotations

import pytest

from docs.generate.template import Template, at, text


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Queue"},
        {"Fn::GetAtt": ["Queue", "Arn"]},
        {"Fn::GetAtt": "Queue.Arn"},
        {"Fn::Sub": "arn:${AWS::Partition}:${Queue.Arn}"},
        {"Fn::Sub": ["${name}", {"name": {"Ref": "Queue"}}]},
        {"Fn::Join": ["", ["a", {"Ref": "Queue"}]]},
        {"deep": [{"er": {"Ref": "Queue"}}]},
    ],
)
def test_every_way_to_refer_to_a_resource_is_understood(value: object) -> None:
    template = Template({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    assert template.references(value) == ["Queue"]


def test_parameters_and_pseudo_parameters_are_no_resources() -> None:
    template = Template({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    assert template.references([{"Ref": "AWS::Region"}, {"Fn::Sub": "${Stage}"}]) == []


def test_a_joined_text_keeps_its_references_readable() -> None:
    joined = {"Fn::Join": ["", ['{"a":"', {"Fn::GetAtt": ["Queue", "Arn"]}, '","b":"', {"Ref": "Table"}, '"}']]}
    assert text(joined) == '{"a":"${Queue.Arn}","b":"${Table}"}'


def test_a_path_reaches_into_every_item_of_a_list() -> None:
    assert at({"Targets": [{"Arn": 1}, {"Id": "x"}, {"Arn": 2}]}, "Targets.Arn") == [1, 2]
