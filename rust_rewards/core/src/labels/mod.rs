//! Labels: one normal form, equality only (scoring policy 8).

mod column;
mod read;
mod truth;

use std::borrow::Cow;

pub use column::LabelColumn;
pub(crate) use read::LabelReader;
pub use read::parse;
pub use truth::{LabelTruth, Overlap};

use crate::unicode::{fold, is_space, trim};

/// The normal form of a label: NFC, full case folding, trimmed, one final stop off, underscore and hyphen as blank.
///
/// ```
/// assert_eq!(rust_rewards::labels::normalised(" Storage_Tanks.\n"), "storage tanks");
/// ```
#[must_use]
pub fn normalised(text: &str) -> Cow<'_, str> {
    let bare = bare(text);
    if bare.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase() && byte != b'_' && byte != b'-') {
        return Cow::Borrowed(bare);
    }
    let folded = fold(bare);
    let spaced = if folded.contains(['_', '-']) { folded.replace(['_', '-'], " ") } else { folded };
    let inner = trim(&spaced);
    Cow::Owned(if inner.len() == spaced.len() { spaced } else { inner.to_owned() })
}

/// As [`normalised`], into a buffer.
fn normalise(text: &str, normal: &mut String) {
    normal.clear();
    let bare = bare(text);
    if bare.bytes().all(|byte| byte.is_ascii() && byte != b'_' && byte != b'-') {
        normal.push_str(bare);
        normal.make_ascii_lowercase();
    } else {
        normal.push_str(&normalised(text));
    }
}

/// Trimmed, one final stop off, what stands before that trimmed.
fn bare(text: &str) -> &str {
    let is_trimmed = matches!(text.as_bytes(), [first, .., last] if first.is_ascii_graphic() & last.is_ascii_graphic());
    let bare = if is_trimmed { text } else { trim(text) };
    bare.strip_suffix('.').map_or(bare, |head| head.trim_end_matches(is_space))
}

/// Which characters stand between labels.
const SEPARATORS: [char; 3] = [',', ';', '\n'];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::error::InputError;
    use crate::reason::Reason;

    const LAND: [&str; 3] = ["Beaches, dunes, sands", "Marine waters", "Mixed forest"];

    fn truth(references: &[&'static str]) -> Arc<LabelTruth> {
        Arc::new(LabelTruth::new([LAND.to_vec()], &[0], [references.to_vec()], None).unwrap())
    }

    fn read(text: &str, many: bool) -> LabelColumn {
        parse(&truth(&["Marine waters", "Mixed forest"]), &[0], many, 1, |_| Ok(text)).unwrap()
    }

    fn reason(text: &str, many: bool) -> u8 {
        read(text, many).reasons()[0]
    }

    #[test]
    fn normal_form() {
        for (text, expected) in
            [("Stra\u{df}e.", "strasse"), ("  _A-B_c. ", "a b c"), ("...", ".."), ("\u{212b}", "\u{e5}")]
        {
            assert_eq!(normalised(text), expected);
        }
    }

    #[test]
    fn the_normal_form_in_a_buffer_is_the_same() {
        let mut normal = "before".to_owned();
        for text in [
            "Airport",
            " Storage Tanks ",
            "dense_residential.",
            "",
            "  ",
            "\u{c9}cole",
            "a\n",
            "A-b ",
            " . .",
            "\u{1f}Port\u{c}.",
            "Two  Ports .\n",
        ] {
            normalise(text, &mut normal);
            assert_eq!(normal, normalised(text), "{text}");
        }
    }

    #[test]
    fn a_label_may_hold_separators() {
        assert_eq!(
            read("marine_waters, Beaches, dunes, sands; Mixed forest", true).labels(0),
            ["Marine waters", LAND[0], "Mixed forest"]
        );
        assert_eq!(read("Beaches, dunes", true).labels(0), ["Beaches", "dunes"]);
    }

    #[test]
    fn labels_of_several_pieces_are_found_however_they_start() {
        let words = ["\u{c9}tang, lac", "Kelp, algae", ", odd", "a,b"];
        let truth = Arc::new(LabelTruth::new([words.to_vec()], &[0], [vec!["a,b"]], None).unwrap());
        for (text, found) in [
            ("E\u{301}TANG, lac", words[0]),
            ("\u{212a}elp, algae", words[1]),
            ("__kelp, algae.", words[1]),
            (", odd", words[2]),
            ("  A,b", words[3]),
            ("\n\nkelp, algae", words[1]),
        ] {
            let column = parse(&truth, &[0], true, 1, |_| Ok(text)).unwrap();
            assert_eq!(column.labels(0), [found], "{text}");
        }
    }

    #[test]
    fn repeated_labels_count_once_and_unknown_ones_count() {
        let column = read("Mixed forest, mixed forest., Atlantis\natlantis", true);
        assert_eq!(column.labels(0), ["Mixed forest", "Atlantis"]);
        let found = column.overlap(column.truth(), &[0], 1).unwrap();
        assert_eq!(found, [Overlap { shared: 1, predicted: 2, truths: 2 }]);
    }

    #[test]
    fn json_lists() {
        assert_eq!(read("[\"Mixed forest\", \"x\"]", true).labels(0), ["Mixed forest", "x"]);
        assert_eq!(reason("[]", true), 0);
        assert_eq!(reason("[\"Mixed forest\",]", true), Reason::BadJson.code());
        assert_eq!(reason("[[\"Mixed forest\"]]", true), Reason::WrongType.code());
        assert_eq!(reason("[\"Mixed forest\", 7]", true), Reason::WrongType.code());
    }

    #[test]
    fn refusals() {
        assert_eq!(reason(",,;", true), Reason::Empty.code());
        assert_eq!(reason(&"x,".repeat(1001), true), Reason::TooMany.code());
        assert_eq!(reason("[\"Mixed forest\"]", false), Reason::UnknownLabel.code());
        assert_eq!(reason("Mixed forest, Marine waters", false), Reason::UnknownLabel.code());
    }

    #[test]
    fn equality() {
        let column = read("Mixed forest;Marine waters", true);
        assert_eq!(column.equal(column.truth(), &[0], 1).unwrap(), [1.0]);
        assert_eq!(column.equal(&truth(&["Mixed forest"]), &[0], 1), Err(InputError::Foreign("LabelTruth")));
    }

    #[test]
    fn free_labels() {
        let truth = Arc::new(LabelTruth::new([], &[-1, -1], [vec!["Solar farm"], vec![]], None).unwrap());
        assert_eq!(truth.bad(), [false, true]);
        let column = parse(&truth, &[0, 0, 1], false, 1, |i| Ok(["solar_farm.", "Port", "x"][i])).unwrap();
        assert_eq!((column.labels(0), column.labels(1)), (vec!["solar farm"], vec!["port"]));
        assert_eq!(column.equal(&truth, &[0, 0, 1], 1).unwrap(), [1.0, 0.0, 0.0]);
    }

    #[test]
    fn chunks_join() {
        let texts: Vec<String> = (0..1000).map(|i| format!("x{}, Mixed forest", i % 5)).collect();
        let truth = truth(&["Mixed forest"]);
        let run = |threads| parse(&truth, &[0; 1000], true, threads, |i| Ok(texts[i].as_str())).unwrap();
        assert_eq!(run(3).labels(998), ["x3", "Mixed forest"]);
        assert_eq!(run(3).overlap(&truth, &[0; 1000], 2), run(1).overlap(&truth, &[0; 1000], 2));
    }
}
