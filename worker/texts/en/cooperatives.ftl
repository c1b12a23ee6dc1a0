# Statements of members.
cooperatives-statement = Your statement
cooperatives-statement-of = { $name }, your statement
cooperatives-statement-subject = Statement: { $share } from { $cooperative }, { $period }
cooperatives-statement-what = This is your share of the distribution of { $cooperative }.
cooperatives-statement-number = No. { $number }, { $group }
cooperatives-statement-version = version { $version }
cooperatives-statement-consents = you agreed that a part may be retained as your capital
cooperatives-statement-consents-not = you have not agreed to retained parts
cooperatives-statement-shown = The cooperative's treasurer, and the service's API, show it again by its number.
cooperatives-basis-equal = equal shares
cooperatives-basis-hours = { $hours } attested hours
cooperatives-basis-indexed = { $basis }, by their index: { $indexed }
cooperatives-basis-index = { $hours } × { $index }
cooperatives-basis-and = { $first } + { $second }
cooperatives-basis-units = { $units } attested units
cooperatives-basis-points = { $points } attested points
cooperatives-basis-capital = capital of { $capital }
