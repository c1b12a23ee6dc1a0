# Words in pictures, and what they show.
pictures-way-paid = paid out
pictures-way-owed = released
pictures-way-held = held
pictures-way-other = fees and the rest
pictures-way-returned = returned
pictures-way-what = On the left all that was collected; from there a band for each end of the way, as high as what went there: paid out, released, held, fees and the rest, returned. The table below has the figures.
pictures-months-what = A bar for each month, as high as what was collected in it.
pictures-months-what-waits = A bar for each month, as high as what was collected in it; what waits stands hatched on top.
pictures-months-goal = The line is the goal of a month.
pictures-table-below = The table below has the figures.
pictures-purse-what = A bar as long as the purse, filled as far as money has arrived, darker as far as prizes were awarded, and cut where one prize ends and the next begins. The table below has the figures.
pictures-line-what = A line with four stations: planned, set aside, claimed, released. It is filled as far as the milestone has come. The table below has the figures.
pictures-badge = { $part } of { $whole }
