//! Programmes: what is to be spent over months, in lines, what was spent, from which money, and by how many people; the products that it
//! makes, in four stages; and how far what is made pays for the next development.
//! Stands on: engine, service, parties, books, reports, treasury, pledging, milestones, cooperatives.

/// Pure rules.
pub mod rules {
    pub mod advantage;
    pub mod hire;
    pub mod pipeline;
    pub mod product;
    pub mod programme;
    pub mod report;
    pub mod revision;
    pub mod self_funding;
}

/// SQL, and nothing else.
pub mod store {
    pub mod advantages;
    pub mod hires;
    pub mod loops;
    pub mod parts;
    pub mod products;
    pub mod programmes;
    pub mod revisions;
}

/// Lock, decide, save; read and add up.
pub mod operations {
    pub mod advantages;
    pub mod hires;
    pub mod loops;
    pub mod products;
    pub mod programmes;
    pub mod reports;
    pub mod revisions;
}
