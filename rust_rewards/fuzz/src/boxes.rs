//! Laws of the box parsers, one for all syntaxes.

use rust_rewards::boxes::{BoxColumn, Form, Syntax, parse, parse_grounded};
use rust_rewards::detection::{BoxTruth, Options, pairwise};
use rust_rewards::geometry::{Angles, Rect, Shape};
use rust_rewards::limits;

/// Every syntax.
pub const SYNTAXES: [Syntax; 6] =
    [Syntax::QwenJson, Syntax::List4, Syntax::List5, Syntax::GeoChat, Syntax::InternVl, Syntax::EarthDial];
const EXTENT: [f64; 2] = [100.0, 80.0];

/// Panics where a law does not hold.
pub fn hold(text: &str) {
    for syntax in SYNTAXES {
        for one in [false, true] {
            let form = Form { syntax, one };
            let column = column(text, form);
            is_sound(&column, form);
            for other in written_otherwise(text, syntax) {
                is_the_same(&column, &self::column(&other, form));
            }
        }
        boxes_equal_themselves(&column(text, Form { syntax, one: false }));
        grounded(text, syntax);
    }
}

fn column(text: &str, form: Form) -> BoxColumn {
    parse(1, 1, form, |_| (Ok(text), EXTENT))
}

fn is_sound(column: &BoxColumn, Form { syntax, one }: Form) {
    let row = column.row(0).expect("one answer makes one row");
    assert_eq!(row.rects.len(), row.labels.len());
    assert!(row.reason == 0 || (row.rects.is_empty() && row.invalid == 0));
    if syntax == Syntax::EarthDial {
        assert!(row.reason == 0 && row.labels.iter().all(Option::is_none));
        return;
    }
    assert!(row.rects.len() + row.invalid <= limits::BOXES);
    assert!(!one || row.reason != 0 || (row.rects.len() == 1 && row.invalid == 0));
    row.rects.iter().for_each(|rect| is_box(rect, syntax));
    assert_eq!(row.labels.iter().flatten().count(), column.labels(0).len());
}

fn is_box([x1, y1, x2, y2, angle]: &Rect, syntax: Syntax) {
    assert!(x1 < x2 && y1 < y2);
    assert!([x1, y1, x2, y2, angle].iter().all(|value| value.abs() <= limits::COORDINATE));
    if matches!(syntax, Syntax::QwenJson | Syntax::List4 | Syntax::InternVl) {
        assert!(*x1 >= 0.0 && *y1 >= 0.0 && *x2 <= EXTENT[0] && *y2 <= EXTENT[1] && *angle == 0.0);
    }
}

/// The text with white space where the grammar allows it: the shapes that models nearly always write have readers of their own,
/// which must agree with the general one.
fn written_otherwise(text: &str, syntax: Syntax) -> Vec<String> {
    let mut others = vec![format!("\n{text} ")];
    match syntax {
        Syntax::QwenJson => others.push(text.replace("{\"bbox_2d\"", "{ \"bbox_2d\"")),
        Syntax::List4 | Syntax::List5 => others.extend([text.replace(',', " ,"), text.replace('[', "[\n")]),
        Syntax::EarthDial => others.push(text.replace(']', " ]")),
        Syntax::GeoChat | Syntax::InternVl => {}
    }
    others
}

fn is_the_same(column: &BoxColumn, other: &BoxColumn) {
    assert_eq!(column.reasons(), other.reasons());
    assert_eq!((column.rects(), column.invalid()), (other.rects(), other.invalid()));
    assert_eq!(column.labels(0), other.labels(0));
}

/// Boxes against themselves score 1 in every mode, unless one of them is too small or too large to have an area.
fn boxes_equal_themselves(column: &BoxColumn) {
    let count = i64::try_from(column.rects().len()).expect("few boxes");
    let labels = (!column.names().is_empty()).then(|| vec![column.labels(0)]);
    let truth = BoxTruth::new(column.rects().to_vec(), &[0, count], vec![[1.0; 2]], labels.clone(), None);
    let same =
        BoxColumn::from_arrays(column.rects().to_vec(), &[0, count], &[0], labels).expect("arrays of one column");
    let truth = truth.expect("arrays of one column");
    let have_areas = |angles| {
        let area = |rect: &Rect| Shape::new(rect, angles).area;
        column.rects().iter().all(|rect| area(rect) > 0.0)
    };
    for angles in [Angles::Rotated, Angles::Hull, Angles::Drop] {
        let options = Options { min_iou: 0.5, angles, greedy: false, threads: 1 };
        let score = truth.detection(&same, &[0], options).expect("one row")[0];
        assert!((score - 1.0).abs() < 1e-9 || truth.bad()[0] || !have_areas(angles), "{score} under {angles:?}");
        assert!((0.0..=1.0).contains(&score));
    }
    assert!(pairwise(column.rects(), column.rects()).iter().all(|iou| (0.0..=1.0).contains(iou)));
}

fn grounded(text: &str, syntax: Syntax) {
    let form = Form { syntax, one: false };
    let (words, boxes) = parse_grounded(1, 1, form, |_| (Ok(text), EXTENT));
    is_sound(&boxes, form);
    assert!(words[0].len() <= text.len());
    assert!(!words[0].contains(['\n', '\t']) && !words[0].contains("  "));
}
