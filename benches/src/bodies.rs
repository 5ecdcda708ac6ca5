//! Bodies in both directions, of the sizes the tables name.

use std::fmt::Write;

/// JSON of that many bytes or a few more: records as a list endpoint returns them, every fourth byte a quote.
pub fn json(size: usize) -> String {
    let mut out = String::from("[");
    for id in 0.. {
        let (stock, cents) = (id * 7 % 100, id * 13 % 9_000 + 99);
        write!(
            out,
            r#"{{"id":{id},"name":"Sippy cup {id}","tags":["blue","spill-proof"],"stock":{stock},"price":"{cents}"}},"#
        )
        .expect("writing to a string");
        if out.len() >= size {
            break;
        }
    }
    out.pop();
    out.push(']');
    out
}

/// HTML of that many bytes or a few more: newlines, attributes in quotes, a little text that is not ASCII.
pub fn html(size: usize) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<title>Sippy cups</title>\n<ul>\n");
    for id in 0.. {
        writeln!(out, "  <li class=\"item\"><a href=\"/items/{id}\">Sippy cup number {id}</a>, spill-proof, dishwasher safe, made in Zürich for small hands</li>")
            .expect("writing to a string");
        if out.len() >= size {
            break;
        }
    }
    out.push_str("</ul>\n</html>\n");
    out
}

/// Bytes without a pattern that a codec could profit from.
pub fn binary(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..size)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}
