from cdinfra.local.hosts.part import Part, handlers_of, joined


def test_parts_begin_in_order_and_end_in_the_other() -> None:
    said: list[str] = []

    def part(name: str) -> Part:
        return Part(
            correct=lambda: said.append(f"correct {name}"),
            start=lambda: said.append(f"start {name}"),
            close=lambda: said.append(f"close {name}"),
        )

    whole = joined(part("a"), part("b"))
    whole.correct()
    whole.start()
    whole.close()
    expected = ["correct a", "correct b", "start a", "start b", "close b", "close a"]
    assert said == expected


def test_what_parts_answer_is_answered_by_the_whole() -> None:
    whole = joined(
        Part(handlers={("ssm", "SendCommand"): lambda *_: {}}),
        Part(replaced=frozenset({("ec2", "GetConsoleOutput")})),
    )
    answered = handlers_of(whole)
    assert set(answered.handlers) == {("ssm", "SendCommand")}
    assert answered.replaced == {("ec2", "GetConsoleOutput")}


def test_a_part_of_nothing_does_nothing() -> None:
    empty = joined()
    empty.correct()
    empty.start()
    empty.close()
    assert not handlers_of(empty).handlers
