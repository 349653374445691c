"""Makes the text to speak: python sentences.py SOURCES -o sentences.jsonl [--words 5000] [--longest 18] [--without FILE]

Takes WordNet's quoted examples, State of the Union addresses and Moby Dick apart into sentences, writes numbers
and abbreviations out, and keeps the sentences all of whose words are among the most frequent ones. The most
frequent words come first in the result: it is ordered by each sentence's rarest word, in groups, shuffled inside.
Sentences of another result may be left out, for further ones.
"""

import argparse
import collections
import json
import pathlib
import random
import re

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}
ABBREVIATIONS = {
    "Mr.": "Mister", "Mrs.": "Missus", "Dr.": "Doctor", "St.": "Saint", "Capt.": "Captain", "Gen.": "General",
    "Col.": "Colonel", "Gov.": "Governor", "Prof.": "Professor", "Lt.": "Lieutenant", "Sgt.": "Sergeant",
    "Messrs.": "Messieurs", "Rev.": "Reverend", "Hon.": "Honorable", "Sen.": "Senator", "Rep.": "Representative",
    "etc.": "et cetera", "vs.": "versus", "e.g.": "for example", "i.e.": "that is", "No.": "Number",
    "U.S.": "United States", "Jr.": "Junior", "Sr.": "Senior", "&": "and", "%": " percent",
}
SHORTEST, LONGEST = 4, 18  # words
LETTERS = 120  # in as many words
GROUP = 500  # ranks of words that count as equally frequent


def cardinal(number: int) -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + ("" if number % 10 == 0 else " " + ONES[number % 10])
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            return f"{cardinal(number // size)} {name}" + ("" if rest == 0 else " " + cardinal(rest))
    raise AssertionError(number)


def year(number: int) -> str:
    first, last = divmod(number, 100)
    if 2000 <= number < 2010:
        return cardinal(number)
    if last == 0:
        return cardinal(first) + " hundred"
    return f"{cardinal(first)} {'oh ' if last < 10 else ''}{cardinal(last)}"


def ordinal(number: int) -> str:
    words = cardinal(number).split()
    last = words[-1]
    words[-1] = ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")
    return " ".join(words)


def written_out(text: str) -> str:
    """The text as it is read aloud: without digits, symbols and abbreviations."""
    for short, full in ABBREVIATIONS.items():
        end = r"(?!\w)" if short[-1] == "." else ""
        text = re.sub((r"(?<!\w)" if short[0].isalpha() else "") + re.escape(short) + end, full, text)
    text = re.sub(r"(?<=\d),(?=\d\d\d)", "", text)
    text = re.sub(r"\$(\d{1,12})(?: (million|billion))?(?![\d.])", money, text)
    text = re.sub(r"\b(\d{1,6})(?:st|nd|rd|th)\b", lambda found: ordinal(int(found[1])), text)
    text = re.sub(r"\b(1[1-9]\d\d|20\d\d)\b", lambda found: year(int(found[1])), text)
    text = re.sub(
        r"\b(\d{1,9})\.(\d{1,4})\b",
        lambda found: f"{cardinal(int(found[1]))} point {' '.join(ONES[int(digit)] for digit in found[2])}",
        text,
    )
    return re.sub(r"\b\d{1,9}\b", lambda found: cardinal(int(found[0])), text)


def money(found: re.Match) -> str:
    amount = int(found[1])
    return f"{cardinal(amount)}{' ' + found[2] if found[2] else ''} {'dollar' if amount == 1 and not found[2] else 'dollars'}"


def plain(text: str) -> str:
    for old, new in (("’", "'"), ("‘", "'"), ("“", ""), ("”", ""), ('"', ""), ("—", ", "), ("--", ", "), ("–", ", "), ("…", ".")):
        text = text.replace(old, new)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r"\s+([,.;:!?])", r"\1", text).strip()


def split(text: str) -> list[str]:
    """Sentences, which end before a capital letter."""
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", text)


def words(sentence: str) -> list[str]:
    return re.findall(r"[a-z]+(?:'[a-z]+)*", sentence.lower())


def wordnet(folder: pathlib.Path):
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text(encoding="utf-8").splitlines():
            for example in re.findall(r'"([^"]+)"', line.partition("|")[2]):
                yield "wordnet", example


def speeches(folder: pathlib.Path):
    for file in sorted((folder / "package/sotu/data").glob("*.json")):
        for sentence in split(plain(written_out(json.loads(file.read_text(encoding="utf-8"))["text"]))):
            yield "sotu", sentence


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each)


def book(folder: pathlib.Path):
    for file in sorted((folder / "package/moby-dick/data").glob("chapter_*.json")):
        for text in strings(json.loads(file.read_text(encoding="utf-8"))):
            for sentence in split(plain(written_out(text))):
                yield "moby-dick", sentence


def is_speakable(sentence: str, longest: int) -> bool:
    if not re.fullmatch(r"[A-Za-z' ,.;:!?-]+", sentence) or re.search(r"\b[A-Z]{2,}\b|\b[A-Z]\.|(?<!\w)'|'(?!\w)", sentence):
        return False
    return SHORTEST <= len(words(sentence)) <= longest and len(sentence) <= LETTERS * longest // LONGEST


def tidy(sentence: str) -> str:
    sentence = plain(written_out(sentence)).strip(" ,;:-")
    if sentence and sentence[-1] not in ".!?":
        sentence += "."
    return sentence[:1].upper() + sentence[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", type=pathlib.Path, help="what fetch.py made")
    parser.add_argument("-o", type=pathlib.Path, required=True, dest="output")
    parser.add_argument("--words", type=int, default=5000, help="size of the vocabulary (default: 5000)")
    parser.add_argument("--longest", type=int, default=LONGEST, help=f"words of a sentence at most (default: {LONGEST})")
    parser.add_argument("--without", type=pathlib.Path, help="an earlier result whose sentences are left out")
    arguments = parser.parse_args()
    folder = arguments.sources / "unpacked"
    found: dict[str, str] = {}
    for source in (wordnet, speeches, book):
        for name, sentence in source(folder):
            sentence = tidy(sentence)
            if is_speakable(sentence, arguments.longest):
                found.setdefault(sentence, name)
    counts = collections.Counter(word for sentence in found for word in words(sentence))
    rank = {word: i for i, (word, _) in enumerate(sorted(counts.items(), key=lambda each: (-each[1], each[0])))}
    kept = [each for each in found if max(rank[word] for word in words(each)) < arguments.words]
    if arguments.without:
        other = arguments.without.read_text(encoding="utf-8").splitlines()
        before = {" ".join(words(json.loads(line)["text"])) for line in other}
        kept = [each for each in kept if " ".join(words(each)) not in before]
    random.Random(0).shuffle(kept)
    kept.sort(key=lambda each: max(rank[word] for word in words(each)) // GROUP)
    part = arguments.output.with_suffix(".part")
    with part.open("w", encoding="utf-8") as out:
        for sentence in kept:
            out.write(json.dumps({"text": sentence, "source": found[sentence]}, ensure_ascii=False) + "\n")
    part.rename(arguments.output)
    by_source = collections.Counter(found[each] for each in kept)
    print(f"{len(kept)} of {len(found)} sentences, {sum(len(words(each)) for each in kept)} words: {dict(by_source)}")


if __name__ == "__main__":
    main()
