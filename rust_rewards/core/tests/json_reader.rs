//! The strict reader against `serde_json`, over random and mutated documents.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use rust_rewards::boxes::{Form, Syntax, parse};
use rust_rewards::json::Reader;
use rust_rewards::structure::{Structure, read};
use rust_rewards::{Reason, labels};
use serde_json::Value;

fn check(text: &str) -> Result<(), Reason> {
    let mut reader = Reader::new(text);
    reader.skip()?;
    reader.end()
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e6..1e6_f64).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map("[a-e\"\\\\é]{0,3}", inner, 0..5).prop_map(Value::from_iter),
        ]
    })
}

proptest! {
    #[test]
    fn what_serde_writes_is_read(value in document()) {
        prop_assert_eq!(check(&serde_json::to_string(&value).unwrap()), Ok(()));
        prop_assert_eq!(check(&serde_json::to_string_pretty(&value).unwrap()), Ok(()));
    }

    #[test]
    fn what_the_reader_takes_serde_takes(value in document(), at in any::<prop::sample::Index>(), byte in "[\\[\\]{},:\"0-9.eE+\\-tfn\\\\ u]") {
        let mut text = serde_json::to_string(&value).unwrap();
        let place = at.index(text.len() + 1);
        prop_assume!(text.is_char_boundary(place));
        text.insert_str(place, &byte);
        let ours = check(&text);
        match serde_json::from_str::<Value>(&text) {
            // serde accepts repeated keys, long numbers and deep nesting, which this reader refuses by name.
            Ok(_) => prop_assert!(matches!(ours, Ok(()) | Err(Reason::DuplicateKey | Reason::BadNumber | Reason::TooDeep))),
            // serde refuses numbers beyond f64 and lone surrogates, which the grammar allows.
            Err(error) => prop_assert!(ours.is_err() || error.to_string().contains("out of range") || error.to_string().contains("surrogate") || error.to_string().contains("hex escape"), "{text}: {error}"),
        }
    }

    #[test]
    fn no_text_panics(text in "(\\PC|[\\[\\]{}<>|,:\"0-9.eE+\\-`\\\\\n ]|<think>|</think>|<answer>|</answer>|<delim>|<p>|</p>|```json){0,60}") {
        for structure in [Structure::ThinkAnswer, Structure::Answer, Structure::Any, Structure::Plain] {
            let reading = read(&text, structure, text.len().is_multiple_of(2));
            prop_assert!(reading.answer.is_ok() || !reading.format);
        }
        for syntax in [Syntax::QwenJson, Syntax::List4, Syntax::List5, Syntax::GeoChat, Syntax::EarthDial] {
            for one in [false, true] {
                let column = parse(1, 1, Form { syntax, one }, |_| (Ok(text.as_str()), [100.0, 100.0]));
                prop_assert!(!one || column.reasons() != [0] || syntax == Syntax::EarthDial || column.rects().len() == 1);
            }
        }
        let normal = labels::normalised(&text).into_owned();
        prop_assert_eq!(labels::normalised(&normal.to_uppercase().to_lowercase()).is_empty(), labels::normalised(&normal).is_empty());
    }
}
