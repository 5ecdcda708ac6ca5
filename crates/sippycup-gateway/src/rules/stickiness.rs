//! Stickiness of an action with target groups: a cookie says which target group a client was sent to.
//!
//! Source: "Action types for listener rules", the part about sticky sessions and weighted target groups.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use crate::ConfigError;
use crate::stamp::http_date;

/// How long the requests of a client go to the same target group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stickiness {
    duration: Duration,
}

impl Stickiness {
    pub(super) const fn new(duration: Duration) -> Self {
        Self { duration }
    }

    pub(super) fn check(self) -> Result<(), ConfigError> {
        let whole = self.duration.subsec_nanos() == 0;
        if whole && (1..=LONGEST).contains(&self.duration.as_secs()) {
            Ok(())
        } else {
            Err(ConfigError::new(format!(
                "stickiness: expected 1 to {LONGEST} whole seconds, found {:?}",
                self.duration
            )))
        }
    }

    /// The cookies for a client that is sent to a target group for the first time. `now` is in seconds since 1970.
    pub(super) fn cookies(self, key: &RandomState, group: &str, now: u64) -> Option<StickyCookies> {
        let end = now.saturating_add(self.duration.as_secs());
        let value = format!("{end:016x}{:016x}", tag(key, group, end));
        let shared = format!("{value}; Expires={}; Path=/", http_date(end));
        let line = |text: String| {
            let line = HeaderValue::try_from(text);
            debug_assert!(line.is_ok(), "a cookie is a header's value: {line:?}");
            line.ok()
        };
        Some(StickyCookies {
            lines: [
                line(format!("{NAME}={shared}"))?,
                line(format!("{NAME_FOR_CORS}={shared}; SameSite=None; Secure"))?,
            ],
        })
    }
}

/// The two cookies for a response. They are kept in the extensions of the request until there is one.
#[derive(Clone, Debug)]
pub(crate) struct StickyCookies {
    lines: [HeaderValue; 2],
}

impl StickyCookies {
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        for line in self.lines {
            headers.append(SET_COOKIE, line);
        }
    }
}

/// The target group that a cookie of the request names, if this listener has made the cookie and it has not expired. Any other cookie is ignored.
pub(super) fn stuck<'g>(
    key: &RandomState,
    headers: &HeaderMap,
    groups: &'g [(String, u16)],
    now: u64,
) -> Option<&'g str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let values = pairs.filter(|(name, _)| [NAME, NAME_FOR_CORS].contains(name)).map(|(_, value)| value);
    values.take(MOST).find_map(|value| {
        let (end, sent) = (number(value.get(..16)?)?, number(value.get(16..)?)?);
        let group = |(name, _): &&(String, u16)| tag(key, name, end) == sent;
        groups.iter().filter(|_| end > now).find(group).map(|(name, _)| &**name)
    })
}

/// A hash that cannot be computed without the key.
fn tag(key: &RandomState, group: &str, end: u64) -> u64 {
    key.hash_one((group, end))
}

/// A number as it is written in a cookie: 16 hexadecimal digits.
fn number(text: &str) -> Option<u64> {
    let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(text, 16).ok().filter(|_| digits)
}

const NAME: &str = "AWSALBTG";
const NAME_FOR_CORS: &str = "AWSALBTGCORS";

/// Seven days.
const LONGEST: u64 = 604_800;

/// The most cookies of these names that are looked at. A browser sends two.
const MOST: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_leads_to_its_target_group_until_its_time_is_over() {
        let (key, now) = (RandomState::new(), 1_677_769_681);
        let groups = [("blue".to_owned(), 1), ("green".to_owned(), 0)];
        let mut headers = HeaderMap::new();
        Stickiness::new(Duration::from_secs(LONGEST)).cookies(&key, "green", now).unwrap().write(&mut headers);
        let lines: Vec<_> = headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect();
        let (value, attributes) = lines[0].strip_prefix("AWSALBTG=").unwrap().split_once("; ").unwrap();
        assert_eq!(attributes, "Expires=Thu, 09 Mar 2023 15:08:01 GMT; Path=/");
        assert_eq!(lines[1], format!("AWSALBTGCORS={value}; {attributes}; SameSite=None; Secure"));
        let found = |cookie: String, at: u64, key: &RandomState, groups: &[(String, u16)]| {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(cookie).unwrap())]);
            stuck(key, &headers, groups, at).map(str::to_owned)
        };
        let green = Some("green".to_owned());
        for name in ["AWSALBTG", "AWSALBTGCORS"] {
            let cookie = format!("a=1; {name}={value};b=2");
            assert_eq!(found(cookie.clone(), now, &key, &groups), green);
            assert_eq!(found(cookie.clone(), now + LONGEST - 1, &key, &groups), green);
            assert_eq!(found(cookie.clone(), now + LONGEST, &key, &groups), None);
            assert_eq!(found(cookie.clone(), now, &RandomState::new(), &groups), None);
            assert_eq!(found(cookie, now, &key, &groups[..1]), None);
        }
        let tail = value.strip_prefix('0').unwrap();
        let later = format!("f{tail}");
        let long = "f".repeat(4096);
        for forged in [
            "",
            "green",
            "0",
            "+",
            value.split_at(31).0,
            tail,
            &later,
            &long,
            &format!("{value}0"),
            &format!("+{tail}"),
        ] {
            assert_eq!(found(format!("AWSALBTG={forged}"), now, &key, &groups), None, "{forged}");
        }
        // Only the first one is forged.
        assert_eq!(found(format!("AWSALBTG={later}; AWSALBTGCORS={value}"), now, &key, &groups), green);
        assert_eq!(found(format!("awsalbtg={value}"), now, &key, &groups), None);
    }

    #[test]
    fn durations_are_whole_seconds_of_seven_days_at_most() {
        for (duration, is_right) in [
            (Duration::from_secs(1), true),
            (Duration::from_secs(LONGEST), true),
            (Duration::ZERO, false),
            (Duration::from_secs(LONGEST + 1), false),
            (Duration::from_millis(1500), false),
            (Duration::MAX, false),
        ] {
            assert_eq!(Stickiness::new(duration).check().is_ok(), is_right, "{duration:?}");
        }
    }
}
