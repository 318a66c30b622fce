//! The laws of the scoring policy, over random boxes, labels and texts.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use rust_rewards::boxes::{BoxColumn, Form, Syntax, parse};
use rust_rewards::detection::{BoxTruth, Options, pairwise};
use rust_rewards::geometry::{Angles, Rect};
use rust_rewards::labels::{self, LabelTruth};
use rust_rewards::structure::{Structure, read};
use rust_rewards::text::{Distance, Rate, Rouge, Score, Several, TextTruth, Variant};

const NAMES: [&str; 3] = ["ship", "plane", "car"];
const OPTIONS: Options = Options { min_iou: 0.0, angles: Angles::Rotated, greedy: false, threads: 1 };

const TEXT_SCORES: [Score; 9] = [
    Score::LcsF,
    Score::Jaccard,
    Score::CocoRouge,
    Score::Levenshtein(Distance::Indel),
    Score::Levenshtein(Distance::Classic),
    Score::Rouge(Rouge { variant: Variant::Rouge1, stemmer: true, rate: Rate::Precision }),
    Score::Rouge(Rouge { variant: Variant::Rouge2, stemmer: false, rate: Rate::F }),
    Score::Rouge(Rouge { variant: Variant::RougeL, stemmer: true, rate: Rate::F }),
    Score::Rouge(Rouge { variant: Variant::RougeLsum, stemmer: false, rate: Rate::Recall }),
];

type Named = (Rect, usize);

fn rect() -> impl Strategy<Value = Rect> {
    let side = 0.5..60.0_f64;
    let angle = prop_oneof![Just(0.0), -180.0..180.0_f64];
    (0.0..100.0_f64, 0.0..100.0_f64, side.clone(), side, angle)
        .prop_map(|(x, y, w, h, angle)| [x, y, x + w, y + h, angle])
}

fn whole_rect() -> impl Strategy<Value = Rect> {
    let numbers = (0..400, 0..400, 1..100, 1..100, -90..90);
    numbers.prop_map(|(x, y, w, h, angle)| [x, y, x + w, y + h, angle].map(f64::from))
}

fn named(most: usize) -> impl Strategy<Value = Vec<Named>> {
    vec((rect(), 0..NAMES.len()), 0..=most)
}

fn names(boxes: &[Named]) -> Vec<Vec<&'static str>> {
    vec![boxes.iter().map(|&(_, name)| NAMES[name]).collect()]
}

fn rects(boxes: &[Named]) -> Vec<Rect> {
    boxes.iter().map(|&(rect, _)| rect).collect()
}

fn score(predicted: &[Named], truth: &[Named], options: Options) -> f64 {
    let end = |boxes: &[Named]| [0, i64::try_from(boxes.len()).unwrap()];
    let answers = BoxColumn::from_arrays(rects(predicted), &end(predicted), &[0], Some(names(predicted))).unwrap();
    let truth = BoxTruth::new(rects(truth), &end(truth), vec![[1.0, 1.0]], Some(names(truth)), None).unwrap();
    truth.detection(&answers, &[0], options).unwrap()[0]
}

fn iou(a: &Rect, b: &Rect) -> f64 {
    pairwise(&[*a], &[*b])[0]
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

/// The greatest summed IoU of any one-to-one assignment, by trying them all.
fn best_sum(predicted: &[Named], truth: &[Named], used: &mut Vec<bool>, at: usize) -> f64 {
    let Some(&(rect, name)) = predicted.get(at) else { return 0.0 };
    let mut best = best_sum(predicted, truth, used, at + 1);
    for (i, (true_rect, true_name)) in truth.iter().enumerate() {
        if !used[i] && name == *true_name {
            used[i] = true;
            best = best.max(iou(&rect, true_rect) + best_sum(predicted, truth, used, at + 1));
            used[i] = false;
        }
    }
    best
}

proptest! {
    #[test]
    fn iou_is_symmetric_and_bounded(a in rect(), b in rect()) {
        let value = iou(&a, &b);
        prop_assert!((0.0..=1.0).contains(&value));
        prop_assert!(close(value, iou(&b, &a)));
        prop_assert!(close(iou(&a, &a), 1.0));
    }

    #[test]
    fn iou_keeps_under_scaling_shifting_and_half_turns(a in rect(), b in rect(), scale in 0.01..100.0_f64, shift in -1e5..1e5_f64) {
        let map = |r: &Rect| [r[0] * scale + shift, r[1] * scale, r[2] * scale + shift, r[3] * scale, r[4] + 180.0];
        prop_assert!((iou(&a, &b) - iou(&map(&a), &map(&b))).abs() < 1e-7);
    }

    #[test]
    fn a_quarter_turn_is_an_exchange_of_sides(a in rect(), b in rect()) {
        let [x1, y1, x2, y2, angle] = a;
        let (x, y, w, h) = (x1.midpoint(x2), y1.midpoint(y2), (x2 - x1) / 2.0, (y2 - y1) / 2.0);
        let exchanged = [x - h, y - w, x + h, y + w, angle + 90.0];
        prop_assert!(close(iou(&a, &b), iou(&exchanged, &b)));
    }

    #[test]
    fn the_assignment_is_the_best_there_is(predicted in named(5), truth in named(5)) {
        prop_assume!(!predicted.is_empty() || !truth.is_empty());
        let best = best_sum(&predicted, &truth, &mut vec![false; truth.len()], 0);
        let expected = 2.0 * best / (predicted.len() + truth.len()) as f64;
        prop_assert!(close(score(&predicted, &truth, OPTIONS), expected));
    }

    #[test]
    fn the_exact_truth_scores_one_in_any_order(truth in named(8), seed in any::<u64>()) {
        let mut shuffled = truth.clone();
        let n = shuffled.len().max(1);
        shuffled.rotate_left(usize::try_from(seed % n as u64).unwrap() % n);
        shuffled.reverse();
        prop_assert!(close(score(&shuffled, &truth, OPTIONS), 1.0));
    }

    #[test]
    fn order_does_not_matter(predicted in named(8), truth in named(8)) {
        let backwards = |boxes: &[Named]| boxes.iter().rev().copied().collect::<Vec<_>>();
        let value = score(&predicted, &truth, OPTIONS);
        prop_assert!(close(value, score(&backwards(&predicted), &truth, OPTIONS)));
        prop_assert!(close(value, score(&predicted, &backwards(&truth), OPTIONS)));
        prop_assert!(close(value, score(&truth, &predicted, OPTIONS)));
    }

    #[test]
    fn a_box_that_cannot_be_matched_never_pays(predicted in named(6), truth in named(6), extra in rect(), name in 0..3_usize, min_iou in 0.0..0.9_f64) {
        let options = Options { min_iou, ..OPTIONS };
        let reaches = |(rect, label): &Named| *label == name && iou(&extra, rect) > 0.0 && iou(&extra, rect) >= min_iou - 1e-9;
        prop_assume!(!truth.iter().any(reaches));
        let mut more = predicted.clone();
        more.push((extra, name));
        prop_assert!(score(&more, &truth, options) <= score(&predicted, &truth, options) + 1e-12);
    }

    #[test]
    fn repeating_the_answer_never_pays_over_the_truth(truth in named(6)) {
        prop_assume!(!truth.is_empty());
        let twice: Vec<Named> = truth.iter().chain(&truth).copied().collect();
        prop_assert!(score(&twice, &truth, OPTIONS) <= 2.0 / 3.0 + 1e-9);
    }

    #[test]
    fn written_boxes_are_read_back(boxes in vec(whole_rect(), 0..20)) {
        let rows: Vec<String> = boxes.iter().map(|rect| format!("{rect:?}")).collect();
        let text = if rows.is_empty() { "[]".to_owned() } else { rows.join(",") };
        let column = parse(1, 1, Form { syntax: Syntax::List5, one: false }, |_| (Ok(text.as_str()), [512.0, 512.0]));
        prop_assert_eq!(column.row(0).unwrap().rects, boxes);
    }

    #[test]
    fn labels_are_sets(chosen in vec(0..3_usize, 1..6)) {
        let truth = Arc::new(LabelTruth::new([NAMES.to_vec()], &[0], [vec!["ship", "car"]], None).unwrap());
        let written = |order: Vec<usize>| order.iter().map(|&i| NAMES[i]).collect::<Vec<_>>().join(", ");
        let (text, backwards) = (written(chosen.clone()), written(chosen.iter().rev().copied().collect()));
        let overlap = |text: &str| labels::parse(&truth, &[0], true, 1, |_| Ok(text)).unwrap().overlap(&truth, &[0], 1).unwrap()[0];
        prop_assert_eq!(overlap(&text), overlap(&backwards));
        prop_assert_eq!(overlap(&text), overlap(&format!("{text}; {backwards}")));
        let found = overlap(&text);
        prop_assert!(found.shared <= found.predicted && found.shared <= found.truths);
    }

    #[test]
    fn text_scores_are_bounded_and_exact_for_the_truth(text in "[a-c éß_,.]{0,40}", reference in "[a-c éß]{1,40}[a-c]") {
        let truth = TextTruth::new(vec![vec![reference.clone()]], None).unwrap();
        for text in [&text, &reference] {
            for score in TEXT_SCORES {
                let value = truth.scores(score, &[0], Several::Best, 1, |_| Some(text)).unwrap()[0];
                prop_assert!((0.0..=1.0).contains(&value), "{score:?} {value}");
                let pairs = matches!(score, Score::Rouge(Rouge { variant: Variant::Rouge2, .. }));
                prop_assert!(text != &reference || close(value, 1.0) || pairs, "{score:?} {value}");
            }
        }
    }

    #[test]
    fn text_before_the_answer_never_changes_it(thought in "[^<]{0,60}", answer in "[a-z]{1,10}") {
        let plain = format!("<think>x</think><answer>{answer}</answer>");
        let prefixed = format!("{thought}{plain}");
        let reading = read(&prefixed, Structure::ThinkAnswer, false);
        prop_assert_eq!(reading.answer.unwrap().of(&prefixed), answer.as_str());
    }
}
