//! Programmes: what is to be spent over months, in lines, what was spent, from which money, and by how many people; and the products that it
//! makes, in four stages.
//! Stands on: engine, service, parties, books, reports, treasury, pledging, milestones.

/// Pure rules.
pub mod rules {
    pub mod hire;
    pub mod pipeline;
    pub mod product;
    pub mod programme;
    pub mod report;
}

/// SQL, and nothing else.
pub mod store {
    pub mod hires;
    pub mod parts;
    pub mod products;
    pub mod programmes;
}

/// Lock, decide, save; read and add up.
pub mod operations {
    pub mod hires;
    pub mod products;
    pub mod programmes;
    pub mod reports;
}
