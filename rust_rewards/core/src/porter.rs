//! Porter's stemmer as nltk has it by default (its mode `NLTK_EXTENSIONS`), which is neither Porter's paper nor Porter 2.
//!
//! `rouge-score` and METEOR stem with it, so every departure from the paper is kept: irregular forms, `ies` and `ied` of four letters,
//! the condition of `y`, `alli` first, `fulli`, `logi`, and the shorter form of "ends consonant, vowel, consonant".

/// A suffix, and what comes in place of its last letters.
struct Rule {
    /// The suffix as the low bytes of a number, its last letter lowest.
    suffix: u64,
    /// The bytes of that number.
    mask: u64,
    /// Letters that are taken off.
    removed: usize,
    replacement: &'static str,
}

const fn rule(suffix: &'static str, replacement: &'static str) -> Rule {
    keeping(0, suffix, replacement)
}

/// A rule whose condition counts the first letters of the suffix as part of the stem; the replacement comes after them.
const fn keeping(kept: usize, suffix: &'static str, replacement: &'static str) -> Rule {
    let (mut packed, mut rest) = (0, suffix.as_bytes());
    while let [first, others @ ..] = rest {
        packed = packed << 8 | *first as u64;
        rest = others;
    }
    let mask = (1 << (8 * suffix.len())) - 1;
    Rule { suffix: packed, mask, removed: suffix.len() - kept, replacement }
}

// The first suffix that fits decides, so the order matters. All suffixes have at most seven letters.
const STEP_1A: [Rule; 4] = [rule("sses", "ss"), rule("ies", "i"), rule("ss", "ss"), rule("s", "")];
const STEP_2: [Rule; 22] = [
    rule("ational", "ate"),
    rule("tional", "tion"),
    rule("enci", "ence"),
    rule("anci", "ance"),
    rule("izer", "ize"),
    rule("bli", "ble"),
    rule("alli", "al"),
    rule("entli", "ent"),
    rule("eli", "e"),
    rule("ousli", "ous"),
    rule("ization", "ize"),
    rule("ation", "ate"),
    rule("ator", "ate"),
    rule("alism", "al"),
    rule("iveness", "ive"),
    rule("fulness", "ful"),
    rule("ousness", "ous"),
    rule("aliti", "al"),
    rule("iviti", "ive"),
    rule("biliti", "ble"),
    rule("fulli", "ful"),
    keeping(1, "logi", "og"),
];
const STEP_3: [Rule; 7] = [
    rule("icate", "ic"),
    rule("ative", ""),
    rule("alize", "al"),
    rule("iciti", "ic"),
    rule("ical", "ic"),
    rule("ful", ""),
    rule("ness", ""),
];
const STEP_4: [Rule; 19] = [
    rule("al", ""),
    rule("ance", ""),
    rule("ence", ""),
    rule("er", ""),
    rule("ic", ""),
    rule("able", ""),
    rule("ible", ""),
    rule("ant", ""),
    rule("ement", ""),
    rule("ment", ""),
    rule("ent", ""),
    rule("ion", ""),
    rule("ou", ""),
    rule("ism", ""),
    rule("ate", ""),
    rule("iti", ""),
    rule("ous", ""),
    rule("ive", ""),
    rule("ize", ""),
];

/// The last letters of all suffixes and irregular forms: a word with another one is its own stem.
const LAST_LETTERS: &[u8] = b"cdegilmnrstuy";

/// Replace a lower-cased word by its stem, which is never longer; equal to `PorterStemmer().stem(word)` of nltk.
///
/// ```
/// let mut word = "relational".to_owned();
/// rust_rewards::porter::stem(&mut word);
/// assert_eq!(word, "relat");
/// ```
pub fn stem(word: &mut String) {
    if !word.as_bytes().last().is_some_and(|last| LAST_LETTERS.contains(last)) {
        return;
    }
    if let Some(stem) = irregular(word) {
        stem.clone_into(word);
        return;
    }
    if word.chars().nth(2).is_none() {
        return;
    }
    step_1a(word);
    step_1b(word);
    step_1c(word);
    step_2(word);
    apply(word, &STEP_3, |stem| measure(stem) > 0);
    step_4(word);
    step_5a(word);
    step_5b(word);
}

fn irregular(word: &str) -> Option<&'static str> {
    Some(match word {
        "sky" | "skies" => "sky",
        "dying" => "die",
        "lying" => "lie",
        "tying" => "tie",
        "news" => "news",
        "inning" | "innings" => "inning",
        "outing" | "outings" => "outing",
        "canning" | "cannings" => "canning",
        "howe" => "howe",
        "proceed" => "proceed",
        "exceed" => "exceed",
        "succeed" => "succeed",
        _ => return None,
    })
}

fn step_1a(word: &mut String) {
    if word.ends_with("ies") && word.chars().count() == 4 {
        word.pop();
        return;
    }
    apply(word, &STEP_1A, |_| true);
}

fn step_1b(word: &mut String) {
    if word.ends_with("ied") {
        shorten(word, if word.chars().count() == 4 { 1 } else { 2 });
        return;
    }
    if let Some(stem) = word.strip_suffix("eed") {
        if measure(stem) > 0 {
            word.pop();
        }
        return;
    }
    let endings = ["ed", "ing"].into_iter();
    let cut = endings.filter_map(|ending| word.strip_suffix(ending)).find(|stem| vowels(stem).any(|(_, vowel)| vowel));
    if let Some(length) = cut.map(str::len) {
        word.truncate(length);
        mend(word);
    }
}

/// What step 1b does to a stem that lost `ed` or `ing`.
fn mend(word: &mut String) {
    let [_, before, last] = ending(word);
    if ["at", "bl", "iz"].iter().any(|end| word.ends_with(end)) {
        word.push('e');
    } else if let (Some((before, _)), Some((last, false))) = (before, last)
        && before == last
    {
        if !matches!(last, 'l' | 's' | 'z') {
            word.pop();
        }
    } else if word.ends_with("*d") {
        // nltk writes the condition "double consonant" as the suffix `*d`, which a word can really have.
        shorten(word, 2);
        word.push('d');
    } else if measure(word) == 1 && ends_cvc(word) {
        word.push('e');
    }
}

fn step_1c(word: &mut String) {
    let Some(stem) = word.strip_suffix('y') else { return };
    if let [_, Some(_), Some((_, false))] = ending(stem) {
        word.pop();
        word.push('i');
    }
}

fn step_2(word: &mut String) {
    if word.strip_suffix("alli").is_some_and(|stem| measure(stem) > 0) {
        shorten(word, 2);
    }
    apply(word, &STEP_2, |stem| measure(stem) > 0);
}

fn step_4(word: &mut String) {
    let is_ion = word.ends_with("ion");
    apply(word, &STEP_4, |stem| measure(stem) > 1 && (!is_ion || stem.ends_with(['s', 't'])));
}

fn step_5a(word: &mut String) {
    let Some(stem) = word.strip_suffix('e') else { return };
    let measure = measure(stem);
    if measure > 1 || (measure == 1 && !ends_cvc(stem)) {
        word.pop();
    }
}

fn step_5b(word: &mut String) {
    if word.ends_with("ll") && word.strip_suffix('l').is_some_and(|stem| measure(stem) > 1) {
        word.pop();
    }
}

/// Apply the first rule whose suffix the word has, if the rest of the word allows it.
fn apply(word: &mut String, rules: &[Rule], allowed: impl Fn(&str) -> bool) {
    let tail = tail(word.as_bytes());
    let Some(rule) = rules.iter().find(|rule| tail & rule.mask == rule.suffix) else { return };
    if word.get(..word.len() - rule.removed).is_some_and(allowed) {
        shorten(word, rule.removed);
        word.push_str(rule.replacement);
    }
}

/// The last eight bytes of a word as a number, the last one lowest.
fn tail(word: &[u8]) -> u64 {
    match word.last_chunk() {
        Some(last) => u64::from_be_bytes(*last),
        None => word.iter().fold(0, |tail, &byte| tail << 8 | u64::from(byte)),
    }
}

/// Take ASCII letters off the end.
fn shorten(word: &mut String, letters: usize) {
    word.truncate(word.len() - letters);
}

/// Each letter, and whether it is a vowel: `y` is one after a consonant.
fn vowels(word: &str) -> impl Iterator<Item = (char, bool)> {
    word.chars().scan(true, |after_vowel, letter| {
        *after_vowel = match letter {
            'a' | 'e' | 'i' | 'o' | 'u' => true,
            'y' => !*after_vowel,
            _ => false,
        };
        Some((letter, *after_vowel))
    })
}

/// Porter's measure m of a stem \[C\](VC)^m\[V\].
fn measure(stem: &str) -> usize {
    let (mut count, mut before) = (0, false);
    for (_, vowel) in vowels(stem) {
        count += usize::from(before && !vowel);
        before = vowel;
    }
    count
}

/// The last three letters, and whether each is a vowel.
fn ending(word: &str) -> [Option<(char, bool)>; 3] {
    vowels(word).fold([None; 3], |[_, before, last], letter| [before, last, Some(letter)])
}

/// Whether a stem ends with consonant, vowel, consonant other than w, x, y; or is a vowel and a consonant.
fn ends_cvc(stem: &str) -> bool {
    match ending(stem) {
        [Some((_, false)), Some((_, true)), Some((last, false))] => !matches!(last, 'w' | 'x' | 'y'),
        [None, Some((_, true)), Some((_, false))] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn stems_of_nltk() {
        let pairs = "caresses caress ponies poni ties tie cats cat feed feed agreed agre plastered plaster motoring motor sing sing \
            conflated conflat troubled troubl sized size hopping hop falling fall hissing hiss filing file happy happi enjoy enjoy \
            spied spi died die skies sky dying die radically radic sensationally sensat geologies geolog theologi theolog hopefully hope \
            electrical electr adoption adopt controll control roll roll cease ceas rate rate by by yyyyed yyyi a*ding ad éable éabl aééing aé \
            ééeed ééeed ééaing ééa uééing ué";
        let words: Vec<&str> = pairs.split_whitespace().collect();
        for pair in words.chunks(2) {
            let mut word = pair[0].to_owned();
            super::stem(&mut word);
            assert_eq!(word, pair[1], "{}", pair[0]);
        }
    }
}
