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
    let several = vec![vec![reference.to_owned()], vec![reference.to_owned(), "two ships, a port".to_owned()]];
    let truth = TextTruth::new(several, None).expect("a sound truth");
    for score in SCORES {
        one(&truth, score, answer, reference);
    }
    captions(answer, reference);
    for length in [1, 6] {
        assert!((0.0..1.0).contains(&repetition::of_words(text, length)));
    }
}

fn one(truth: &TextTruth, score: Score, answer: &str, reference: &str) {
    let of = |sample: i64, several, text: &str| {
        truth.scores(score, &[sample], several, 1, |_| Some(text)).expect("a row that fits")[0]
    };
    let (best, mean) = (of(1, Several::Best, answer), of(1, Several::Mean, answer));
    assert!((0.0..=1.0).contains(&best) && (0.0..=1.0).contains(&mean), "{score:?} {best} {mean}");
    assert!(mean <= best + 1e-12, "{score:?} {best} {mean}");
    let own = of(0, Several::Best, reference);
    assert!(own == 0.0 || (own - 1.0).abs() < 1e-12, "{score:?} {own} of a text with itself");
    if !matches!(score, Score::CocoRouge | Score::Levenshtein(_)) {
        // A mark that belongs to no word changes none, but the text is no longer ASCII and is read by other code.
        let marked = of(0, Several::Best, &format!("{answer} \u{2026}"));
        assert_eq!(marked.to_bits(), of(0, Several::Best, &format!("{answer} -")).to_bits(), "{score:?}");
    }
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
