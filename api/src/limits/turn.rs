//! Whose turn it is on a connection: the client's, who sends, or ours, who answer.
//!
//! While a request is in work nothing more is read of its connection, unless it is its body. So nobody can put a thousand
//! requests in line by sending them one behind the other.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};

/// The turn on one connection.
#[derive(Debug, Default)]
pub struct Turn {
    in_work: Cell<bool>,
    wants_body: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

/// A request in work, until it is dropped.
#[derive(Debug)]
pub struct Ours(Rc<Turn>);

impl Turn {
    /// A request is in work from now on, whose body is still to be read if it has one.
    pub fn take(self: Rc<Self>, has_body: bool) -> Ours {
        self.in_work.set(true);
        self.wants_body.set(has_body);
        Ours(self)
    }

    /// The body has been read whole.
    pub fn body_has_come(&self) {
        self.wants_body.set(false);
    }

    /// Whether what the client sends is read now; if not, whoever asks is woken when it is.
    pub fn reads(&self, context: &Context<'_>) -> bool {
        let reads = !self.in_work.get() || self.wants_body.get();
        if !reads {
            self.waiting.replace(Some(context.waker().clone()));
        }
        reads
    }

    fn wake(&self) {
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.0.in_work.set(false);
        self.0.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_while_a_request_is_in_work_but_its_body() {
        let turn = Rc::new(Turn::default());
        let context = Context::from_waker(Waker::noop());
        assert!(turn.reads(&context));
        let ours = turn.clone().take(true);
        assert!(turn.reads(&context));
        turn.body_has_come();
        assert!(!turn.reads(&context));
        drop(ours);
        assert!(turn.reads(&context) && turn.waiting.borrow().is_none());
        let _ours = turn.clone().take(false);
        assert!(!turn.reads(&context));
    }
}
