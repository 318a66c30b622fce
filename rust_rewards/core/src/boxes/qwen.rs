//! Qwen JSON: `[{"bbox_2d": [x1, y1, x2, y2], "label": "ship"}]`.

use std::borrow::Cow;

use super::items::{Items, Numbers};
use super::usual;
use crate::json::{Kind, Reader, unfence};
use crate::reason::Reason;

/// Read a detection answer (a list), or where `one` is asked a list, an object or a list of one object.
pub(super) fn read(text: &str, one: bool, items: &mut Items<'_>) -> Result<(), Reason> {
    let mut reader = Reader::new(unfence(text)?);
    let is_asked = match reader.peek()? {
        Kind::Array => {
            list(&mut reader, one, items)?;
            true
        }
        Kind::Object if one => {
            object(&mut reader, items)?;
            true
        }
        _ => {
            reader.skip()?;
            false
        }
    };
    reader.end()?;
    if is_asked { Ok(()) } else { Err(Reason::WrongType) }
}

fn list(reader: &mut Reader<'_>, one: bool, items: &mut Items<'_>) -> Result<(), Reason> {
    reader.enter_array()?;
    let mut goes_on = reader.next_item()?;
    if one && goes_on && reader.peek()? == Kind::Number {
        match coordinates(reader)? {
            Some(numbers) => items.offer(numbers, None),
            None => items.refuse(Reason::WrongType),
        }
        return Ok(());
    }
    while goes_on {
        let length = usual::items(reader.rest(), items);
        if length > 0 {
            reader.pass(length);
        } else if reader.peek()? == Kind::Object {
            object(reader, items)?;
        } else {
            reader.skip()?;
            items.refuse(Reason::WrongType);
        }
        goes_on = reader.next_item()?;
    }
    Ok(())
}

/// One item: `bbox_2d` and `label`, perhaps `score`; any other key makes it no box.
fn object<'a>(reader: &mut Reader<'a>, items: &mut Items<'_>) -> Result<(), Reason> {
    let mut numbers: Option<Numbers> = None;
    let mut label: Option<Cow<'a, str>> = None;
    let mut fault = None;
    reader.enter_object()?;
    while let Some(key) = reader.next_key()? {
        match (&*key, reader.peek()?) {
            ("bbox_2d", Kind::Array) => numbers = numbers_of(reader)?,
            ("label", Kind::String) => label = Some(reader.string()?),
            ("score" | "bbox_2d" | "label", _) => reader.skip()?,
            _ => {
                reader.skip()?;
                fault = Some(Reason::InvalidBox);
            }
        }
    }
    match (fault, numbers, label) {
        (None, Some(numbers), Some(label)) => {
            let name = items.name(&label);
            items.offer(numbers, Some(name));
        }
        (fault, ..) => items.refuse(fault.unwrap_or(Reason::WrongType)),
    }
    Ok(())
}

/// The numbers of the list that comes next; None where it holds anything else.
pub(super) fn numbers_of(reader: &mut Reader<'_>) -> Result<Option<Numbers>, Reason> {
    reader.enter_array()?;
    if reader.next_item()? { coordinates(reader) } else { Ok(Some(Numbers::default())) }
}

/// The numbers of the list whose first item comes next; None where it holds anything else.
fn coordinates(reader: &mut Reader<'_>) -> Result<Option<Numbers>, Reason> {
    let mut numbers = Some(Numbers::default());
    loop {
        if reader.peek()? == Kind::Number {
            let value = reader.number()?;
            if let Some(numbers) = &mut numbers {
                numbers.push(value);
            }
        } else {
            reader.skip()?;
            numbers = None;
        }
        if !reader.next_item()? {
            return Ok(numbers);
        }
    }
}
