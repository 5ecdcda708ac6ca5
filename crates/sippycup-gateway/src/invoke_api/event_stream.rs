//! Frames of `application/vnd.amazon.eventstream`.

use bytes::{BufMut, Bytes, BytesMut};

/// An event: its type, and the type of its content.
pub(super) fn frame(event_type: &str, content_type: &str, payload: &[u8]) -> Bytes {
    let mut headers = BytesMut::new();
    for (name, value) in [(":event-type", event_type), (":content-type", content_type), (":message-type", "event")] {
        debug_assert!(name.len() < 256 && value.len() < 65_536, "all of them are short");
        headers.put_u8(u8::try_from(name.len()).unwrap_or_default());
        headers.put_slice(name.as_bytes());
        headers.put_u8(STRING);
        headers.put_u16(u16::try_from(value.len()).unwrap_or_default());
        headers.put_slice(value.as_bytes());
    }
    let total = FIXED + headers.len() + payload.len();
    let mut frame = BytesMut::with_capacity(total);
    debug_assert!(u32::try_from(total).is_ok(), "{total}");
    frame.put_u32(u32::try_from(total).unwrap_or_default());
    frame.put_u32(u32::try_from(headers.len()).unwrap_or_default());
    frame.put_u32(crc32(&frame));
    frame.put_slice(&headers);
    frame.put_slice(payload);
    frame.put_u32(crc32(&frame));
    frame.freeze()
}

/// CRC-32 of IEEE 802.3, bit by bit: nobody waits for it here.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// The type of a header's value.
const STRING: u8 = 7;

/// Lengths and checksums.
const FIXED: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn a_frame_has_lengths_headers_and_checksums() {
        let written = frame("PayloadChunk", "application/octet-stream", b"hello");
        assert_eq!(written.len(), u32::from_be_bytes(written[..4].try_into().unwrap()) as usize);
        let headers = u32::from_be_bytes(written[4..8].try_into().unwrap()) as usize;
        assert_eq!(&written[12 + headers..17 + headers], b"hello");
        assert!(written[12..].starts_with(b"\x0b:event-type\x07\x00\x0cPayloadChunk"));
        assert_eq!(crc32(&written[..8]).to_be_bytes(), written[8..12]);
        assert_eq!(crc32(&written[..written.len() - 4]).to_be_bytes(), written[written.len() - 4..]);
    }
}
