from cdinfra.local.cloudformation.dependencies import dependency_order
from cdinfra.local.cloudformation.references import references
from cdinfra.local.cloudformation.template import parse_template


def test_references_are_found_in_every_form_and_escapes_are_none() -> None:
    value = {
        "a": [{"Ref": "A"}, {"Fn::GetAtt": ["B", "Arn"]}, {"Fn::GetAtt": "C.Arn"}],
        "b": {"Fn::Sub": "${D} ${E.Arn} ${!F} ${AWS::Region}"},
        "c": {"Fn::Sub": ["${G} ${H}", {"G": {"Ref": "I"}}]},
        "d": {"Fn::If": ["Cond", {"Ref": "J"}, "x"]},
    }
    assert references(value) == set("ABCDEHIJ")


def test_resources_wait_for_what_they_refer_to_and_depend_on() -> None:
    template = parse_template(
        """
        Resources:
          A: {Type: AWS::SNS::Topic}
          B: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub "${A.TopicName}"}}
          C: {Type: AWS::SNS::Topic, DependsOn: [A], Metadata: {x: !Ref B}}
          D: {Type: AWS::SNS::Topic, DependsOn: [A]}
        """
    )
    assert dependency_order(template, {"A", "B", "C"}) == {
        "A": frozenset(),
        "B": {"A"},
        "C": {"A", "B"},
    }
