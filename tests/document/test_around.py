"""What an element has from all that is around it."""

from lxml import etree

from clipasso_core.document.around import Around

TREE = etree.fromstring('<a><b><c id="1"/><c id="2"/></b><d/></a>')


def test_an_element_makes_its_value_of_the_one_around_it() -> None:
    names = Around("", lambda around, one: around + str(one.tag))
    assert [names.at(node) for node in TREE.iter()] == ["a", "ab", "abc", "abc", "ad"]


def test_each_element_is_asked_once_however_deep_it_is() -> None:
    deep = etree.fromstring("<g>" * 200 + "<p/>" * 300 + "</g>" * 200)
    asked: list[etree._Element] = []

    def depth(around: int, one: etree._Element) -> int:
        asked.append(one)
        return around + 1

    depths = Around(0, depth)
    assert {depths.at(node) for node in deep.iter("p")} == {201}
    assert len(asked) == len(set(asked)) == 500
