//! Answers of a Lambda authorizer that are kept for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::answer::Answer;

/// Answers by what identified the caller: the values of all identity sources, and the stage.
#[derive(Debug, Default)]
pub(super) struct Cache {
    kept: Mutex<HashMap<Vec<String>, Kept>>,
}

#[derive(Debug)]
struct Kept {
    until: Instant,
    answer: Answer,
}

impl Cache {
    pub(super) fn find(&self, key: &[String]) -> Option<Answer> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|kept| kept.until > Instant::now()).map(|kept| kept.answer.clone())
    }

    pub(super) fn keep(&self, key: Vec<String>, answer: Answer, ttl: Duration) {
        let now = Instant::now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= ROOM {
            kept.retain(|_, kept| kept.until > now);
        }
        if kept.len() >= ROOM {
            // A caller is only asked about once more.
            kept.clear();
        }
        kept.insert(key, Kept { until: now + ttl, answer });
    }
}

const ROOM: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::answer::Form;

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_kept_for_its_time_and_for_its_caller() {
        let answer = Answer::read(br#"{"isAuthorized": true}"#, Form { simple: true, strict: false }).unwrap();
        let (cache, key) = (Cache::default(), vec!["a".to_owned()]);
        cache.keep(key.clone(), answer.clone(), Duration::from_secs(300));
        assert!(cache.find(&key).is_some() && cache.find(&["b".to_owned()]).is_none());
        tokio::time::advance(Duration::from_secs(299)).await;
        assert!(cache.find(&key).is_some());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(cache.find(&key).is_none());
        for number in 0..=ROOM {
            cache.keep(vec![number.to_string()], answer.clone(), Duration::from_secs(300));
        }
        assert!(cache.kept.lock().unwrap().len() <= ROOM, "there is room for so many");
    }
}
