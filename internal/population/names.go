package population

import (
	"math"
	"math/rand/v2"
	"sort"
	"strings"
)

// names draws names with frequencies like those of the US census: a few are
// common, most are rare.
type names struct {
	families, female, male, streets drawn
	cities                          []city
	nicks                           map[string][]string
}

type city struct {
	name, state string
	zip         int
}

// drawn is a list from which the first are drawn most often.
type drawn struct {
	list []string
	upTo []float64
}

func newDrawn(list []string, flat, steep float64) drawn {
	d := drawn{list: list}
	sum := 0.0
	for i := range list {
		sum += math.Pow(1+float64(i)/flat, -steep)
		d.upTo = append(d.upTo, sum)
	}
	return d
}

func (d *drawn) draw(r *rand.Rand) string {
	x := r.Float64() * d.upTo[len(d.upTo)-1]
	return d.list[sort.SearchFloat64s(d.upTo, x)]
}

func newNames(r *rand.Rand) *names {
	n := &names{nicks: nicknames()}
	// Smith has 0.9 % of the people of the USA, the hundredth name 0.08 %, the
	// ten thousandth 0.001 % (census 2010)
	n.families = newDrawn(fill(r, strings.Fields(commonFamilies), 30_000), 8, .95)
	n.female = newDrawn(fill(r, strings.Fields(commonFemale), 1500), 8, 1.3)
	n.male = newDrawn(fill(r, strings.Fields(commonMale), 1200), 8, 1.3)
	n.streets = newDrawn(streets(r), 50, .7)
	for i := range 400 {
		n.cities = append(n.cities, city{name: word(r, 3), state: strings.Fields(states)[i%12], zip: 1000 + i*240})
	}
	return n
}

func (n *names) given(r *rand.Rand, sex string) string {
	if sex == "F" {
		return n.female.draw(r)
	}
	return n.male.draw(r)
}

func (n *names) family(r *rand.Rand) string { return n.families.draw(r) }
func (n *names) street(r *rand.Rand) string { return n.streets.draw(r) }
func (n *names) city(r *rand.Rand) city {
	return n.cities[int(math.Pow(r.Float64(), 2)*float64(len(n.cities)))]
}

// sameInitial returns another name that begins with the same letter, where one
// is found.
func (n *names) sameInitial(r *rand.Rand, sex, as string) string {
	for range 200 {
		if name := n.given(r, sex); name[0] == as[0] && name != as {
			return name
		}
	}
	return n.given(r, sex)
}

// nickname returns what people with this name are called, the name itself where
// nothing is known.
func (n *names) nickname(r *rand.Rand, name string) string {
	if list := n.nicks[name]; len(list) > 0 {
		return list[r.IntN(len(list))]
	}
	return name
}

// fill adds invented names until there are so many.
func fill(r *rand.Rand, list []string, n int) []string {
	seen := map[string]bool{}
	for _, name := range list {
		seen[name] = true
	}
	for len(list) < n {
		if w := word(r, 2+r.IntN(2)); !seen[w] {
			seen[w] = true
			list = append(list, w)
		}
	}
	return list
}

// word invents a name of so many syllables.
func word(r *rand.Rand, syllables int) string {
	onsets := strings.Fields("B BR C CH CL D DR F FR G GR H J K KL L M N P PR R S SCH SH ST T TR V W Z")
	vowels := strings.Fields("A A E E I O O U AI EA IE OU")
	codas := strings.Fields("N R L S T M CK RD LL NG NS RT - - - -")
	var b strings.Builder
	for range syllables {
		b.WriteString(onsets[r.IntN(len(onsets))] + vowels[r.IntN(len(vowels))])
		if coda := codas[r.IntN(len(codas))]; coda != "-" {
			b.WriteString(coda)
		}
	}
	return b.String()
}

func streets(r *rand.Rand) []string {
	kinds := strings.Fields("STREET AVENUE ROAD DRIVE LANE COURT")
	list := []string{"MAIN STREET", "OAK STREET", "MAPLE AVENUE", "CEDAR LANE", "PARK AVENUE", "ELM STREET", "WASHINGTON STREET", "LAKE ROAD", "HILL ROAD", "PINE STREET"}
	for len(list) < 6000 {
		list = append(list, word(r, 2)+" "+kinds[r.IntN(len(kinds))])
	}
	return list
}

// nicknames are those of the common names below.
func nicknames() map[string][]string {
	out := map[string][]string{}
	for _, entry := range strings.Fields(commonNicknames) {
		name, list, _ := strings.Cut(entry, ":")
		out[name] = strings.Split(list, ",")
	}
	return out
}

const (
	states         = "MA NY CT NH ME VT RI NJ PA OH MI IL"
	commonFamilies = `SMITH JOHNSON WILLIAMS BROWN JONES GARCIA MILLER DAVIS RODRIGUEZ MARTINEZ HERNANDEZ LOPEZ GONZALEZ WILSON ANDERSON THOMAS TAYLOR MOORE JACKSON MARTIN
LEE PEREZ THOMPSON WHITE HARRIS SANCHEZ CLARK RAMIREZ LEWIS ROBINSON WALKER YOUNG ALLEN KING WRIGHT SCOTT TORRES NGUYEN HILL FLORES GREEN ADAMS NELSON BAKER HALL RIVERA
CAMPBELL MITCHELL CARTER ROBERTS GOMEZ PHILLIPS EVANS TURNER DIAZ PARKER CRUZ EDWARDS COLLINS REYES STEWART MORRIS MORALES MURPHY COOK ROGERS GUTIERREZ ORTIZ MORGAN COOPER
PETERSON BAILEY REED KELLY HOWARD RAMOS KIM COX WARD RICHARDSON WATSON BROOKS CHAVEZ WOOD JAMES BENNETT GRAY MENDOZA RUIZ HUGHES PRICE ALVAREZ CASTILLO SANDERS PATEL MYERS`
	commonFemale = `MARY PATRICIA JENNIFER LINDA ELIZABETH BARBARA SUSAN JESSICA SARAH KAREN LISA NANCY BETTY SANDRA MARGARET ASHLEY KIMBERLY EMILY DONNA MICHELLE CAROL AMANDA MELISSA
DEBORAH STEPHANIE REBECCA SHARON LAURA CYNTHIA DOROTHY AMY KATHLEEN ANGELA SHIRLEY EMMA BRENDA PAMELA NICOLE ANNA SAMANTHA KATHERINE CHRISTINE HELEN DEBRA RACHEL CAROLYN JANET
MARIA CATHERINE HEATHER DIANE OLIVIA JULIE JOYCE VICTORIA RUTH VIRGINIA LAUREN KELLY CHRISTINA JOAN EVELYN JUDITH ANDREA HANNAH MEGAN CHERYL JACQUELINE MARTHA MADISON TERESA
GLORIA SARA JANICE ANN KATHRYN ABIGAIL SOPHIA FRANCES JEAN ALICE JUDY ISABELLA JULIA GRACE AMBER DENISE DANIELLE MARILYN BEVERLY CHARLOTTE NATALIE THERESA DIANA BRITTANY`
	commonMale = `JAMES ROBERT JOHN MICHAEL DAVID WILLIAM RICHARD JOSEPH THOMAS CHRISTOPHER CHARLES DANIEL MATTHEW ANTHONY MARK DONALD STEVEN ANDREW PAUL JOSHUA KENNETH KEVIN BRIAN TIMOTHY
RONALD GEORGE JASON EDWARD JEFFREY RYAN JACOB NICHOLAS GARY ERIC JONATHAN STEPHEN LARRY JUSTIN SCOTT BRANDON BENJAMIN SAMUEL GREGORY ALEXANDER PATRICK FRANK RAYMOND JACK DENNIS
JERRY TYLER AARON JOSE ADAM NATHAN HENRY ZACHARY DOUGLAS PETER KYLE NOAH ETHAN JEREMY WALTER CHRISTIAN KEITH ROGER TERRY AUSTIN SEAN GERALD CARL HAROLD DYLAN ARTHUR LAWRENCE
JORDAN JESSE BRYAN BILLY BRUCE GABRIEL JOE LOGAN ALAN JUAN ALBERT WILLIE ELIJAH WAYNE RANDY VINCENT MASON ROY RALPH BOBBY RUSSELL BRADLEY PHILIP EUGENE`
	commonNicknames = `WILLIAM:BILL,WILL,BILLY ROBERT:BOB,ROB,BOBBY JAMES:JIM,JIMMY,JAMIE JOHN:JACK,JOHNNY MICHAEL:MIKE,MICK RICHARD:RICK,DICK,RICH JOSEPH:JOE,JOEY THOMAS:TOM,TOMMY
CHRISTOPHER:CHRIS CHARLES:CHUCK,CHARLIE DANIEL:DAN,DANNY MATTHEW:MATT ANTHONY:TONY STEVEN:STEVE ANDREW:ANDY,DREW KENNETH:KEN,KENNY TIMOTHY:TIM EDWARD:ED,TED,EDDIE JEFFREY:JEFF
NICHOLAS:NICK BENJAMIN:BEN SAMUEL:SAM GREGORY:GREG ALEXANDER:ALEX PATRICK:PAT RAYMOND:RAY LAWRENCE:LARRY DAVID:DAVE RONALD:RON DONALD:DON JOSHUA:JOSH JONATHAN:JON ZACHARY:ZACK
PATRICIA:PAT,TRISH,PATTY JENNIFER:JEN,JENNY ELIZABETH:LIZ,BETH,BETTY,BETSY BARBARA:BARB SUSAN:SUE,SUSIE MARGARET:PEGGY,MEG,MAGGIE KIMBERLY:KIM DEBORAH:DEB,DEBBIE REBECCA:BECKY
CYNTHIA:CINDY KATHLEEN:KATHY,KATE PAMELA:PAM SAMANTHA:SAM KATHERINE:KATE,KATHY,KATIE CHRISTINE:CHRIS,TINA CATHERINE:CATHY,KATE VICTORIA:VICKY,TORI JACQUELINE:JACKIE TERESA:TERRY
SANDRA:SANDY AMANDA:MANDY STEPHANIE:STEPH NICOLE:NIKKI DOROTHY:DOT,DOTTIE VIRGINIA:GINNY JUDITH:JUDY ABIGAIL:ABBY MARY:MOLLY,POLLY THERESA:TERRY,TESS FRANCES:FRAN`
)
