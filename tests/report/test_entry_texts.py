"""Names and texts of entries: what cannot be seen, or looks like something else, is refused."""

import string

import pytest

from vlagen_bench.report import entries
from vlagen_bench.report.entry_texts import FIELD_CHARS, name_beside, name_fault, skeleton, text_fault, words_fault


@pytest.mark.parametrize("name", ["my-model", "abc", "a" * 64, "pi0-5", "com10", "nullary"])
def test_plain_names_are_allowed(name):
    assert name_fault(name) is None


@pytest.mark.parametrize("name", [
    "", "ab", "a" * 65, "xxx.html", "model-v1.5", "My-Model", "-abc", "abc-", "a b", "../abc", "nul", "com1", "lpt9",
    "m\u043edel", "mo\u200bdel", "\u1160\u1160\u1160", "mode\uff4c", "verified-model", "re-simulated", "abc\n",
])  # fmt: skip
def test_other_names_are_not(name):
    assert "is not allowed" in name_fault(name)


@pytest.mark.parametrize(("name", "other"), [
    ("base-mode1", "base-model"), ("base-m0del", "base-model"), ("basemodel", "base-model"), ("base--model", "base-model"),
    ("rnodel", "model"), ("vvide", "wide"), ("cloud-5", "doud-5"), ("mini", "m1n1"), ("gpt-s", "gpt-5"), ("b1t8", "bitb"),
])  # fmt: skip
def test_names_that_look_alike_are_found(name, other):
    assert name_beside(name, ["else", other]) == other and name_beside(other, [name]) == name


@pytest.mark.parametrize(("name", "other"), [
    ("model-v1", "model-v2"), ("model-1-1", "model-11"), ("pi0", "pi05"), ("openvla-sft", "openvla-rl"), ("a-6b", "a-8b"),
])  # fmt: skip
def test_versions_of_a_model_are_no_look_alikes(name, other):
    assert name_beside(name, [other]) is None


def test_a_name_is_not_beside_itself_and_digits_differ():
    assert name_beside("base-model", ["base-model"]) is None
    assert len({skeleton(digit) for digit in string.digits}) == 10


def test_no_shipped_names_look_alike():
    names = [entry.name for entry in entries.load("paper")]
    assert len({skeleton(name) for name in names}) == len(names)


INVISIBLE = [chr(code) for code in (
    0, 7, 0x1B, 0x7F, 0x85, 0xA0, 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x180E, 0x200B, 0x200D, 0x2028, 0x202E, 0x2066,
    0x2800, 0x3000, 0x3164, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0x1D173, 0xE0041, 0xD800,
)]  # fmt: skip


@pytest.mark.parametrize("char", INVISIBLE, ids=[f"{ord(one):04X}" for one in INVISIBLE])
def test_what_cannot_be_seen_is_no_text(char):
    assert "which cannot be seen" in text_fault(f"a{char}b") and "which cannot be seen" in words_fault(char * 9)


@pytest.mark.parametrize(("text", "says"), [
    ("mode\u0301l", "Unicode's NFC"), ("x\u0488\u0489\u0488\u0489", "more than 3 combining marks"), ("...", "no letter"),
    ("\u0301\u0301", "no letter"), ("a" * (FIELD_CHARS + 1), "501 characters"),
])  # fmt: skip
def test_other_faults_of_a_text_are_sentences(text, says):
    assert says in words_fault(text, FIELD_CHARS)


@pytest.mark.parametrize("text", ["Ours 😀 模型 7B", "π₀.₅ with ½ of the data", "ไม่มีที่สุด", "नमस्ते", "Привет", "מודל"])
def test_any_script_may_be_written(text):
    assert words_fault(text, beside_verdict=True) is None


@pytest.mark.parametrize("text", [
    "A model, Verified 40 of 40", "VERIFIED", "ｖｅｒｉｆｉｅｄ", "v\u0435rified", "all re-simulated", "self-run", "Bit for bit",
])  # fmt: skip
def test_the_verifiers_words_stand_in_no_field_beside_its_own(text):
    assert "which only a verification says" in words_fault(text, beside_verdict=True)
    assert words_fault(text) is None
