//! What waits to be written to a web socket, and what has to wait with it.

use std::{collections::VecDeque, mem};

use bytes::Bytes;

use crate::packet::{Amount, Frame, Packet, Seen};

/// For how many pieces a line that rests keeps its memory.
pub(super) const KEPT: usize = 16;

/// What waits for a line's network.
#[derive(Default)]
pub(super) struct Queue {
    way: Way,
    /// The packets that the layer below was given and has not written yet.
    below: usize,
    /// Whether its client is yet to be told by the layer below that it is connected.
    is_connecting: bool,
    /// Whether the layer below has written a part of a frame.
    is_mid_frame: bool,
    ready: VecDeque<Piece>,
    /// What comes after something that the layer below has yet to write.
    held: VecDeque<Piece>,
    told: Told,
}

/// Whether somebody has been told that something is ready.
#[derive(Default)]
struct Told {
    due: bool,
    /// That it must not wait.
    urgent: bool,
}

/// When a packet is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Haste {
    /// In the next round, with what others get.
    Due,
    /// At once, with all that waits for the same client.
    Urgent,
}

/// What becomes of packets.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The layer below sends them.
    #[default]
    Below,
    /// They are written here.
    Direct,
    /// They are forgotten: the line is over.
    Closed,
}

/// Whole frames of a packet, or of the layer below.
pub(super) struct Piece {
    pub(super) frame: Frame,
    /// What of it counts.
    pub(super) amount: Amount,
    pub(super) is_from_below: bool,
}

/// A packet that the layer below has to send.
#[derive(Debug)]
pub(crate) struct ForBelow(pub(crate) Packet);

impl Queue {
    /// From here on packets are written here, behind those that the layer below was given before.
    pub(super) fn go_direct(&mut self) {
        self.way = Way::Direct;
    }

    /// The layer below will tell the client that it is connected. Packets are to come after that.
    pub(super) fn connect(&mut self) {
        self.is_connecting = true;
    }

    /// Takes a packet, or gives it back for the layer below.
    pub(super) fn push(&mut self, packet: Packet) -> Result<(), ForBelow> {
        match self.way {
            Way::Below => {
                self.below += 1;
                return Err(ForBelow(packet));
            }
            Way::Direct => {}
            Way::Closed => return Ok(()),
        }
        let piece = Piece {
            amount: packet.amount(),
            frame: packet.into_frame(),
            is_from_below: false,
        };
        if self.is_holding() {
            self.held.push_back(piece);
        } else {
            self.ready.push_back(piece);
        }
        Ok(())
    }

    /// Takes what the layer below writes.
    pub(super) fn push_below(&mut self, bytes: &[u8], seen: Seen, is_mid_frame: bool) {
        if self.way != Way::Closed {
            self.ready.push_back(Piece {
                frame: Frame::from(Bytes::copy_from_slice(bytes)),
                amount: seen.amount,
                is_from_below: true,
            });
        }
        self.is_mid_frame = is_mid_frame;
        self.wrote_below(seen);
    }

    /// Notes what the layer below has written, here or as an answer to a poll.
    pub(super) fn wrote_below(&mut self, seen: Seen) {
        self.below = self.below.saturating_sub(seen.amount.packets);
        self.is_connecting &= !seen.connects;
        self.let_go();
    }

    /// Waits no longer for what the layer below should have written, and forgets what came behind that.
    pub(super) fn give_up(&mut self) {
        self.held.clear();
        self.below = 0;
        self.is_connecting = false;
    }

    /// Whether something holds up packets that the layer below was given and has not written.
    pub(super) fn waits_for_below(&self) -> bool {
        self.way == Way::Direct && self.below > 0
    }

    /// Whether something is ready of which nobody has been told yet: the caller is to tell.
    pub(super) fn falls(&mut self, haste: Haste) -> bool {
        let is_told = match haste {
            Haste::Due => &mut self.told.due,
            Haste::Urgent => &mut self.told.urgent,
        };
        let is_news = !*is_told && !self.ready.is_empty();
        *is_told |= is_news;
        is_news
    }

    /// Whoever was told that something is urgent begins to write it.
    pub(super) fn begin_urgent(&mut self) {
        self.told.urgent = false;
    }

    /// Gives what is ready.
    pub(super) fn take(&mut self, into: &mut VecDeque<Piece>) {
        mem::swap(into, &mut self.ready);
    }

    /// Whether all is written. Whoever is told of what is due has to be told again then.
    pub(super) fn rests(&mut self, haste: Haste) -> bool {
        let rests = self.ready.is_empty();
        if haste == Haste::Due {
            self.told.due = !rests;
        }
        if rests && self.ready.capacity() > KEPT {
            self.ready = VecDeque::new();
        }
        rests
    }

    /// Forgets what is ready for a web socket that has gone.
    pub(super) fn clear(&mut self) {
        self.ready.clear();
        self.told = Told::default();
        self.is_mid_frame = false;
    }

    /// Forgets everything: nothing is written any more.
    pub(super) fn close(&mut self) {
        *self = Self {
            way: Way::Closed,
            ..Self::default()
        };
    }

    /// Whether packets wait here for something that the layer below is to write before them.
    pub(super) fn holds_up(&self) -> bool {
        self.way == Way::Direct && self.is_holding()
    }

    fn is_holding(&self) -> bool {
        self.below > 0 || self.is_connecting || self.is_mid_frame
    }

    fn let_go(&mut self) {
        if !self.is_holding() {
            self.ready.append(&mut self.held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(number: usize) -> Packet {
        Packet::event("e", &number).expect("written")
    }

    fn below(packets: usize, connects: bool) -> Seen {
        let amount = Amount { packets, bytes: 9 };
        Seen { amount, connects }
    }

    fn ready(queue: &mut Queue) -> Vec<Vec<u8>> {
        let mut taken = VecDeque::new();
        queue.take(&mut taken);
        taken.iter().map(|piece| piece.frame.to_vec()).collect()
    }

    fn frames(numbers: impl IntoIterator<Item = usize>) -> Vec<Vec<u8>> {
        let numbers = numbers.into_iter();
        let frames = numbers.map(|number| packet(number).into_frame().to_vec());
        frames.collect()
    }

    #[test]
    fn packets_follow_what_the_layer_below_was_given_before_them() {
        let mut queue = Queue::default();
        assert!(queue.push(packet(1)).is_err());
        assert!(queue.push(packet(2)).is_err());
        queue.go_direct();
        assert!(queue.push(packet(3)).is_ok());
        assert!(ready(&mut queue).is_empty());
        queue.wrote_below(below(1, false));
        assert!(queue.waits_for_below());
        queue.push_below(b"second", below(1, false), false);
        assert!(queue.push(packet(4)).is_ok());
        let expected = [vec![b"second".to_vec()], frames([3, 4])].concat();
        assert_eq!(ready(&mut queue), expected);
        assert!(!queue.waits_for_below());
    }

    #[test]
    fn nothing_comes_before_a_client_knows_that_it_is_connected_or_within_a_frame() {
        let mut queue = Queue::default();
        queue.go_direct();
        queue.connect();
        assert!(queue.push(packet(1)).is_ok());
        queue.push_below(b"open", below(0, false), false);
        queue.push_below(b"conn", below(0, false), true);
        assert_eq!(ready(&mut queue).len(), 2);
        queue.push_below(b"ected", below(0, true), false);
        assert_eq!(ready(&mut queue)[1..], frames([1]));
    }

    #[test]
    fn somebody_is_told_once_of_what_is_ready() {
        let mut queue = Queue::default();
        queue.go_direct();
        assert!(!queue.falls(Haste::Due));
        assert!(queue.push(packet(1)).is_ok());
        assert!(queue.falls(Haste::Due));
        assert!(queue.push(packet(2)).is_ok());
        assert!(!queue.falls(Haste::Due));
        assert!(!queue.rests(Haste::Due));
        assert_eq!(ready(&mut queue), frames([1, 2]));
        assert!(queue.rests(Haste::Due));
        assert!(queue.push(packet(3)).is_ok());
        assert!(queue.falls(Haste::Due));
    }

    #[test]
    fn what_waited_in_vain_is_forgotten_and_what_comes_after_it_is_ready() {
        let mut queue = Queue::default();
        assert!(queue.push(packet(1)).is_err());
        queue.go_direct();
        assert!(queue.push(packet(2)).is_ok());
        queue.give_up();
        assert!(queue.push(packet(3)).is_ok());
        assert_eq!(ready(&mut queue), frames([3]));
    }
}
