//! Laws of the strict JSON reader; `serde_json` is asked too.

use rust_rewards::Reason;
use rust_rewards::boxes::entries;
use rust_rewards::json::{Kind, Reader, unfence};
use serde_json::{Map, Number, Value};

/// Panics where a law does not hold.
pub fn hold(text: &str) {
    let (read, skipped) = (document(text), skipped(text));
    assert_eq!(read.as_ref().err(), skipped.as_ref().err(), "read and passed over differ");
    match (read, serde_json::from_str::<Value>(text)) {
        (Ok(mine), Ok(theirs)) => assert_eq!(mine, as_floats(theirs)),
        // serde takes repeated keys, long numbers and deep nesting, which have reasons of their own here.
        (Err(reason), Ok(_)) => {
            assert!(matches!(reason, Reason::DuplicateKey | Reason::BadNumber | Reason::TooDeep), "{reason:?}");
        }
        (Ok(_), Err(error)) => assert!(is_beyond_serde(&error.to_string()), "{error}"),
        (Err(_), Err(_)) => {}
    }
    if let Ok(body) = unfence(text) {
        assert!(text.contains(body));
        assert_eq!(entries(text).is_ok(), matches!(document(body), Ok(Value::Array(_))));
    }
}

/// What the grammar allows and serde refuses: numbers beyond f64, lone surrogates.
fn is_beyond_serde(error: &str) -> bool {
    ["out of range", "surrogate", "hex escape"].iter().any(|part| error.contains(part))
}

fn skipped(text: &str) -> Result<(), Reason> {
    let mut reader = Reader::new(text);
    reader.skip()?;
    reader.end()
}

fn document(text: &str) -> Result<Value, Reason> {
    let mut reader = Reader::new(text);
    let value = value(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// The depth is bounded by the reader.
fn value(reader: &mut Reader<'_>) -> Result<Value, Reason> {
    match reader.peek()? {
        Kind::Array => {
            let mut items = Vec::new();
            reader.enter_array()?;
            while reader.next_item()? {
                items.push(value(reader)?);
            }
            Ok(Value::Array(items))
        }
        Kind::Object => {
            let mut entries = Map::new();
            reader.enter_object()?;
            while let Some(key) = reader.next_key()? {
                let key = key.into_owned();
                entries.insert(key, value(reader)?);
            }
            Ok(Value::Object(entries))
        }
        Kind::String => Ok(Value::String(reader.string()?.into_owned())),
        Kind::Number => Ok(float(reader.number()?)),
        Kind::Literal => reader.skip().map(|()| Value::Null),
    }
}

fn float(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::String("infinite".to_owned()), Value::Number)
}

/// All numbers as floats, and literals alike: this reader tells them apart by position only.
fn as_floats(value: Value) -> Value {
    match value {
        Value::Number(number) => float(number.as_f64().unwrap_or(f64::INFINITY)),
        Value::Array(items) => items.into_iter().map(as_floats).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, as_floats(value))).collect(),
        Value::Bool(_) => Value::Null,
        other => other,
    }
}
