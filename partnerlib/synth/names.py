"""Invented names. Places are built from parts that no Massachusetts town, district, school or college is made of."""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


PLACE_STEMS = _words("""
    Quill Thistle Marl Ember Fenn Larch Sorrel Tamber Wren Brindle Cobble Dapple Elder Gannet Hollin Juniper Kestrel
    Lorn Mallow Nettle Otter Pimper Rook Saffron Tansy Umber Vesper Willet Yarrow Zephyr
""")
PLACE_ENDINGS = _words("""
    mere wick combe hythe thwaite holm garth stow fell beck shaw ness croft rigg
""")
SCHOOL_WORDS = _words("""
    Lantern Compass Heron Meadowlark Copperleaf Windrose Starling Cinnabar Millrace Driftwood Bluestem Goldfinch
    Sandpiper Ironwood Clearspring Foxglove Harvestmoon Larkspur Marigold Nightjar Oxbow Palisade Quarry Redstart
    Silverbell Tidewater Undercliff Violet Waxwing Yellowthroat Amberly Birchlight Cloudberry Dewdrop Eventide
    Featherstone Glimmer Hawthorne Inkwell Jasper Kingfisher Lodestar Moonstone Northlight Osprey Plover Ripple
    Skylark Tamarack Upland Verdigris Whimbrel Beacon Cartwheel Dovetail Evergreen Firefly Gristmill Honeybee
""")
COLLEGE_KINDS = ("State University", "College", "University", "Institute of Education", "State College")

FEMALE = _words("""
    Katherine Elizabeth Jennifer Margaret Rebecca Christine Deborah Susan Jessica Samantha Alexandra Victoria Amanda
    Emily Sarah Hannah Rachel Lauren Nicole Michelle Stephanie Danielle Megan Kayla Olivia Grace Julia Abigail Maria
    Ana Lucia Isabel Carmen Rosa Elena Sofia Mei Ling Priya Anjali Keisha Tanya Monique Simone Fatima Amina Leila
    Bridget Caitlin Erin Maeve Siobhan Nora Fiona Heather Kimberly Andrea Laura Melissa Teresa Patricia Barbara
    Diane Allison Paige Brooke Molly Claire Audrey Naomi Esther Ruth Miriam Gabriela Valeria Camila Beatriz Ingrid
    Astrid
""")
MALE = _words("""
    Michael Christopher Matthew Joshua Daniel Andrew Joseph Robert William Thomas Benjamin Nicholas Alexander
    Anthony Jonathan Timothy Edward Patrick Gregory Samuel James John David Kevin Brian Sean Ryan Eric Adam Luis
    Carlos Miguel Jorge Rafael Wei Jun Raj Amit Malik Andre Darnell Omar Yusuf Liam Declan Connor Owen Peter Paul
    Stephen Mark
""")
FIRST = FEMALE + MALE
NICKNAMES = {
    "Katherine": "Kate", "Elizabeth": "Beth", "Jennifer": "Jen", "Margaret": "Meg", "Rebecca": "Becky",
    "Christine": "Chris", "Deborah": "Deb", "Susan": "Sue", "Jessica": "Jess", "Samantha": "Sam",
    "Alexandra": "Alex", "Victoria": "Vicky", "Amanda": "Mandy", "Abigail": "Abby", "Patricia": "Pat",
    "Barbara": "Barb", "Kimberly": "Kim", "Allison": "Ali", "Stephanie": "Steph", "Danielle": "Dani",
    "Michael": "Mike", "Christopher": "Chris", "Matthew": "Matt", "Joshua": "Josh", "Daniel": "Dan",
    "Andrew": "Andy", "Joseph": "Joe", "Robert": "Bob", "William": "Bill", "Thomas": "Tom", "Benjamin": "Ben",
    "Nicholas": "Nick", "Alexander": "Alex", "Anthony": "Tony", "Jonathan": "Jon", "Timothy": "Tim",
    "Edward": "Ed", "Gregory": "Greg", "Samuel": "Sam", "James": "Jim", "David": "Dave", "Stephen": "Steve",
}  # fmt: skip

MIDDLE = _words("""
    NMN NMN NMN Ann Marie Lee Jane Rose Lynn Jean James John Paul Ray Joy Mae Kay Dean
""")

_SURNAME_STARTS = _words("""
    Abbin Ackle Alder Amble Arken Asker Barrin Bexle Birken Blaven Bracken Brenna Calder Carrow Cheven Cobbin Corvin
    Crosse Dallin Darrow Denver Dorran Dunmor Eagle Edgel Ellin Fallow Farrin Fitzal Gallow Garran Glenn Gorman
    Halder Harrow Hensle Holloway Ingle Jarrow Keller Kendle Kirvan Lambe Larkin Lennox Lorrim Maddo Marlow Merri
    Morrow Neville Norrin Oakle Ormon Paxto Pellin Penda Quinla Radcli Rennic Rowan Sayer Selwyn Sheldra Sorren
    Stanmor Tarrin Thaxte Tolliv Trevan Ulver Vance Varney Wakel Walden Wendle Whitten Wynter Yardle Yorke
""")
_SURNAME_ENDS = ["", *_words("son ford ton well man wood land ham ley ridge stone field worth mont den er")]
_SURNAMES_PLAIN = _words("""
    Silva Santos Pereira Oliveira Costa Medeiros Garcia Rodriguez Martinez Lopez Gonzalez Rivera Torres Ramirez Cruz
    Nguyen Tran Pham Chen Wang Li Zhang Kim Park Patel Shah Singh Khan Ali Hassan Okafor Mensah Baptiste Pierre
    Joseph O'Leary O'Dowd McCabe McNally Kelleher Doherty Rossi Marino Ferraro Kowalski Nowak Cohen Levine Andersen
    Larsen
""")
SURNAMES = _SURNAMES_PLAIN + [start + end for end in _SURNAME_ENDS for start in _SURNAME_STARTS]


def place_names(count: int) -> list[str]:
    """Invented towns, all different: stems first, so that neighbours in the list do not look alike."""
    names = [
        stem + PLACE_ENDINGS[(number + turn) % len(PLACE_ENDINGS)]
        for turn in range(len(PLACE_ENDINGS))
        for number, stem in enumerate(PLACE_STEMS)
    ]
    if count > len(names):
        raise ValueError(f"{count} places asked for, {len(names)} names at hand; add a stem to PLACE_STEMS")
    return names[:count]
