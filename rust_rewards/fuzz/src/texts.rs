//! Laws of the text scores.

use std::sync::Arc;

use rust_rewards::captions::{Tokens, bleu::BleuTruth, cider, meteor::MeteorTruth};
use rust_rewards::repetition;
use rust_rewards::text::{Distance, Rate, Rouge, Score, Several, TextTruth, Variant};
use rust_rewards::tokens::TokenTruth;
use rust_rewards::unicode::has_visible;

/// Every score of a text, those of ROUGE with and without stems among them.
pub const SCORES: [Score; 9] = [
    Score::LcsF,
    Score::Jaccard,
    Score::CocoRouge,
    Score::Levenshtein(Distance::Indel),
    Score::Levenshtein(Distance::Classic),
    Score::Rouge(Rouge { variant: Variant::Rouge1, stemmer: true, rate: Rate::F }),
    Score::Rouge(Rouge { variant: Variant::Rouge2, stemmer: false, rate: Rate::F }),
    Score::Rouge(Rouge { variant: Variant::RougeL, stemmer: true, rate: Rate::F }),
    Score::Rouge(Rouge { variant: Variant::RougeLsum, stemmer: false, rate: Rate::F }),
];

/// Panics where a law does not hold. A NUL cuts the text from its reference; without one the text is its own.
pub fn hold(text: &str) {
    let (answer, reference) = text.split_once('\0').unwrap_or((text, text));
    let truth = TextTruth::new(vec![vec![reference.to_owned()]], None).expect("a sound truth");
    for score in SCORES {
        one(&truth, score, answer, reference);
    }
    several(answer, reference);
    captions(answer, reference);
    for length in [1, 6] {
        assert!((0.0..1.0).contains(&repetition::of_words(text, length)));
    }
}

fn one(truth: &TextTruth, score: Score, answer: &str, reference: &str) {
    let of = |text: &str| truth.scores(score, &[0], Several::Best, 1, |_| Some(text)).expect("a row that fits")[0];
    let own = of(reference);
    assert!(own == 0.0 || (own - 1.0).abs() < 1e-12, "{score:?} {own} of a text with itself");
    let value = of(answer);
    assert!((0.0..=1.0).contains(&value), "{score:?} {value}");
    if !matches!(score, Score::CocoRouge | Score::Levenshtein(_)) {
        // A mark that belongs to no word changes none, but the text is no longer ASCII and is read by other code.
        assert_eq!(of(&format!("{answer} \u{2026}")).to_bits(), value.to_bits(), "{score:?}");
    }
}

fn several(answer: &str, reference: &str) {
    let references = vec![vec![reference.to_owned(), "two ships, a port".to_owned()]];
    let truth = TextTruth::new(references, None).expect("a sound truth");
    let of = |several| truth.scores(Score::LcsF, &[0], several, 1, |_| Some(answer)).expect("a row that fits")[0];
    let (best, mean) = (of(Several::Best), of(Several::Mean));
    assert!((0.0..=1.0).contains(&best) && mean <= best + 1e-12, "{best} {mean}");
}

fn captions(answer: &str, reference: &str) {
    let (references, good) = ([vec![reference]], || vec![!has_visible(reference)]);
    for tokens in [Tokens::Blanks, Tokens::Words] {
        let meteor = MeteorTruth::new(&references, good(), tokens).expect("a sound truth");
        let score = meteor.scores(&[0], Several::Best, None, 1, |_| Some(answer)).expect("a row that fits")[0];
        assert!((0.0..=1.0).contains(&score), "METEOR {score}");
        let bleu = BleuTruth::new(&references, good(), tokens).expect("a sound truth");
        let [one, two, three, four, length, _] = bleu.counts(&[0], 1, |_| Some(answer)).expect("a row that fits")[0];
        assert!([length, one, two, three, four].is_sorted_by(|a, b| a >= b) && four >= 0, "BLEU");
        let frequencies = Arc::new(cider::DocumentFrequencies::new(&[vec![reference], vec!["a port"]], tokens));
        let cider = cider::CiderTruth::new(&references, good(), frequencies).expect("a sound truth");
        let score = cider.scores(&[0], 1, |_| Some(answer)).expect("a row that fits")[0];
        assert!((0.0..=1.0 + 1e-9).contains(&score), "CIDEr-D {score}");
    }
    let tokens = TokenTruth::new([reference]);
    let recall = tokens.recall(&[0], 1, |_| Some(answer)).expect("a row that fits")[0];
    assert!((0.0..=1.0).contains(&recall), "token recall {recall}");
    let same = tokens.spaceless_equal(&[0], 1, |_| Some(reference)).expect("a row that fits")[0];
    assert!(same == 0.0 || same == 1.0);
}
