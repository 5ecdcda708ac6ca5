//! Times as signatures have them: `20150830T123600Z`, the basic format of ISO 8601.

/// Seconds since 1970 of such a time.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let shape = bytes.len() == 16 && (0..8).chain(9..15).all(is_digit);
    if !shape || bytes.get(8) != Some(&b'T') || bytes.get(15) != Some(&b'Z') {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    let (hour, minute, second) = (number(9..11)?, number(11..13)?, number(13..15)?);
    let is_time = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    (is_time && year >= 1970).then(|| ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// Days from 1970 to a date of the Gregorian calendar. February is the last month of its year here, so that the leap day comes last: 1 March 2000 begins one.
const fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - TO_1970
}

/// Days from 1 March of the year 0 to 1 January 1970.
const TO_1970: u64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::basic_time;

    #[test]
    fn a_time_is_read_and_written_back() {
        for (written, number) in [
            ("19700101T000000Z", 0),
            ("20000229T235959Z", 951_868_799),
            ("20150830T123600Z", 1_440_938_160),
            ("20231114T221320Z", 1_700_000_000),
            ("20241231T000000Z", 1_735_603_200),
        ] {
            assert_eq!(seconds(written), Some(number), "{written}");
            assert_eq!(basic_time(number), written);
        }
    }

    #[test]
    fn what_is_no_such_time_is_none() {
        for text in [
            "",
            "20150830T123600",
            "20150830 123600Z",
            "2015-08-30T12:36",
            "20151330T123600Z",
            "20150830T246000Z",
            "+0150830T123600Z",
            "19690101T000000Z",
            "２0150830T1236Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
