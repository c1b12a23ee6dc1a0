//! What jobs that run at the same moment ask of the database, or write there, together: hands that do the same wait for one question
//! instead of asking one each.
//!
//! Who asks alone asks at once ([`SharedRead`]), and the more hands are busy, the more share a question. One that writes says
//! which of its keys it has written; what it does is all in one transaction.

use deadpool_postgres::Object;
use ledger::Error;
use ledger::engine::pool::Pool;
use ledger::engine::shared_read::{ReadError, SharedRead};
use ledger::engine::store::books::{self, Book};
use ledger::engine::store::checks;
use ledger::id::{BookId, ChargeId, DonorId, JobId};
use ledger::parties::rules::language::Language;
use ledger::parties::store::people;
use ledger::pledging::operations::captures::{self, Around, Place};
use ledger::pledging::operations::donor_links::{self, WithReceipt};
use ledger::pledging::rules::receipt::Receipt as Issued;
use ledger::pledging::store::receipts::Receipt;
use ledger::pledging::store::{issued_receipts, receipts};
use ledger::service::preferences::{LinkKey, Reader, Wishes};
use ledger::service::store::outbox::Mail;
use ledger::service::store::{jobs, outbox, preferences};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// The questions that jobs share.
#[derive(Debug)]
pub(crate) struct Together {
    /// Books, and whether each is frozen.
    books: Arc<SharedRead<BookId, (Arc<Book>, bool)>>,
    /// What is around the captures of a place.
    places: Arc<SharedRead<Place, Arc<Around>>>,
    /// What receipts say, and those that were issued.
    receipts: Arc<SharedRead<ChargeId, (Receipt, Option<Issued>)>>,
    /// Links that come with receipts, to be made.
    links: Arc<SharedRead<WithReceipt, ()>>,
    /// Mails, to be kept in the outboxes of their books.
    mails: Arc<SharedRead<Mail, ()>>,
    /// Which mails somebody wants.
    wishes: Arc<SharedRead<Addressee, Wanted>>,
    /// Languages that persons chose, by their addresses.
    languages: Arc<SharedRead<String, Language>>,
    /// Jobs that are done, with their attempts, to be settled.
    done: Arc<SharedRead<(JobId, i32), ()>>,
}

impl Together {
    /// Over the connections of the jobs.
    pub(crate) fn new(pool: &Pool) -> Together {
        Together {
            books: shared(pool, |client: Object, asked: Vec<BookId>| async move {
                let mut found = HashMap::new();
                for book in asked {
                    let is_frozen = checks::is_frozen(&client, book).await?;
                    found.insert(book, (Arc::new(books::get(&client, book).await?), is_frozen));
                }
                Ok(found)
            }),
            places: shared(pool, |client: Object, asked: Vec<Place>| async move {
                let mut found = HashMap::new();
                for place in asked {
                    found.insert(place, Arc::new(captures::around(&client, place, ledger::calendar::now()).await?));
                }
                Ok(found)
            }),
            receipts: shared(pool, |client: Object, asked: Vec<ChargeId>| async move {
                let mut found = HashMap::new();
                for (book, charges) in by_book(asked, |charge| (charge.book, charge.object)) {
                    let issued = issued_receipts::of_charges(&client, book, &charges).await?.into_iter();
                    let mut issued: HashMap<_, _> = issued.map(|shown| (shown.receipt.charge, shown.receipt)).collect();
                    for facts in receipts::list(&client, book, &charges).await? {
                        let issued = issued.remove(&facts.charge);
                        found.insert(facts.charge, (facts, issued));
                    }
                }
                Ok(found)
            }),
            links: shared(pool, |mut client: Object, asked: Vec<WithReceipt>| async move {
                let tx = client.transaction().await?;
                let mut made = HashMap::new();
                for (book, asked) in by_book(asked, |asked| (asked.donor.book, asked)) {
                    let of_book = donor_links::make_each(&tx, book, &asked, ledger::calendar::now()).await?;
                    made.extend(of_book.into_iter().map(|made| (made, ())));
                }
                tx.commit().await?;
                Ok(made)
            }),
            mails: shared(pool, |client: Object, asked: Vec<Mail>| async move {
                let mut kept = HashMap::new();
                for (book, mails) in by_book(asked, |mail| (mail.id.book, mail)) {
                    outbox::keep_each(&client, book, &mails).await?;
                    kept.extend(mails.into_iter().map(|mail| (mail, ())));
                }
                Ok(kept)
            }),
            wishes: shared(pool, |client: Object, asked: Vec<Addressee>| async move { wanted(&client, asked).await }),
            languages: shared(pool, |client: Object, asked: Vec<String>| async move {
                Ok(people::languages_of(&client, &asked).await?.into_iter().collect())
            }),
            done: shared(pool, |client: Object, asked: Vec<(JobId, i32)>| async move {
                let mut settled = HashMap::new();
                for (book, done) in by_book(asked, |(job, attempt)| (job.book, (job.object, attempt))) {
                    let done = jobs::settle_each(&client, book, &done, ledger::calendar::now()).await?;
                    settled.extend(done.into_iter().map(|(id, attempt)| ((JobId::new(book, id), attempt), ())));
                }
                Ok(settled)
            }),
        }
    }

    /// A book, which may be frozen.
    pub(crate) async fn book(&self, id: BookId) -> Result<Arc<Book>, Trouble> {
        Ok(self.books.read(id).await?.ok_or(Error::NotFound("book"))?.0)
    }

    /// A book that takes records at the moment.
    pub(crate) async fn unfrozen(&self, id: BookId) -> Result<Arc<Book>, Trouble> {
        let (book, is_frozen) = self.books.read(id).await?.ok_or(Error::NotFound("book"))?;
        if is_frozen { Err(Error::BookFrozen.into()) } else { Ok(book) }
    }

    /// What is around the captures of a place.
    pub(crate) async fn around(&self, place: Place) -> Result<Arc<Around>, Trouble> {
        Ok(self.places.read(place).await?.ok_or(Error::NotFound("campaign"))?)
    }

    /// What the receipt of a charge says, and the receipt if it was issued.
    pub(crate) async fn receipt(&self, charge: ChargeId) -> Result<(Receipt, Option<Issued>), Trouble> {
        Ok(self.receipts.read(charge).await?.ok_or(Error::NotFound("charge"))?)
    }

    /// Makes the links that come with a receipt; false when its donor was erased.
    pub(crate) async fn make_links(&self, links: WithReceipt) -> Result<bool, Trouble> {
        Ok(self.links.read(links).await?.is_some())
    }

    /// Keeps a mail in the outbox of its book.
    pub(crate) async fn keep(&self, mail: Mail) -> Result<(), Trouble> {
        self.mails.read(mail).await?;
        Ok(())
    }

    /// Which mails somebody wants; none for an address of no person, and for a donor who was erased.
    pub(crate) async fn wishes(&self, of: Addressee) -> Result<Option<Wanted>, Trouble> {
        Ok(self.wishes.read(of).await?)
    }

    /// The language of the person with an address; English where there is none, or where they chose none.
    pub(crate) async fn language(&self, address: &str) -> Result<Language, Trouble> {
        Ok(self.languages.read(address.to_owned()).await?.unwrap_or_default())
    }

    /// Settles a job that has nothing to write besides.
    pub(crate) async fn settle(&self, job: JobId, attempt: i32) -> Result<(), Trouble> {
        Ok(self.done.read((job, attempt)).await?.ok_or(Error::Fenced)?)
    }
}

/// To whom a mail goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Addressee {
    /// A donor.
    Donor(DonorId),
    /// Whoever signs in with this address.
    Address(String),
}

/// Which mails somebody wants, and what the link of one needs.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Who it is.
    pub(crate) reader: Reader,
    /// Which groups they want.
    pub(crate) wishes: Wishes,
    /// The number of their links.
    pub(crate) serial: i32,
    /// What signs links.
    pub(crate) key: LinkKey,
}

async fn wanted(client: &Object, asked: Vec<Addressee>) -> Result<HashMap<Addressee, Wanted>, Error> {
    let key = preferences::key(client).await?;
    let mut addresses = Vec::new();
    let mut donors: HashMap<BookId, Vec<DonorId>> = HashMap::new();
    for of in asked {
        match of {
            Addressee::Donor(donor) => donors.entry(donor.book).or_default().push(donor),
            Addressee::Address(address) => addresses.push(address),
        }
    }
    let mut found = HashMap::new();
    for (book, of_book) in donors {
        for (donor, money) in preferences::donors_want(client, book, &of_book).await? {
            let wishes = Wishes { money, ..Wishes::ALL };
            let wanted = Wanted { reader: Reader::Donor(donor), wishes, serial: 0, key: key.clone() };
            found.insert(Addressee::Donor(donor), wanted);
        }
    }
    if !addresses.is_empty() {
        for (address, person, said) in preferences::of_addresses(client, &addresses).await? {
            let reader = Reader::Person(person);
            let wanted = Wanted { reader, wishes: said.wishes, serial: said.link_serial, key: key.clone() };
            found.insert(Addressee::Address(address), wanted);
        }
    }
    Ok(found)
}

/// Why a shared question has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// For the one who asked.
    #[error(transparent)]
    Own(#[from] Error),
    /// For all who shared it.
    #[error(transparent)]
    Shared(#[from] ReadError),
}

/// One kind of question, asked over a connection of the pool.
fn shared<K, V, F>(
    pool: &Pool,
    ask: impl Fn(Object, Vec<K>) -> F + Clone + Send + Sync + 'static,
) -> Arc<SharedRead<K, V>>
where
    K: Hash + Eq + Clone + Send + 'static,
    V: Clone + Send + 'static,
    F: Future<Output = Result<HashMap<K, V>, Error>> + Send + 'static,
{
    let pool = pool.clone();
    SharedRead::new(move |asked| {
        let (pool, ask) = (pool.clone(), ask.clone());
        async move { ask(pool.get().await?, asked).await }
    })
}

/// What is asked of each book.
fn by_book<K, T>(asked: Vec<K>, part: impl Fn(K) -> (BookId, T)) -> HashMap<BookId, Vec<T>> {
    let mut parts: HashMap<BookId, Vec<T>> = HashMap::new();
    for (book, part) in asked.into_iter().map(part) {
        parts.entry(book).or_default().push(part);
    }
    parts
}
