package store

// Between two looks at what the batch has had, and at who waits, so many tasks
// are taken at once.
const (
	maxWave  = 64
	maxLater = 4 // of those that nobody waits for, and in all where somebody does
)

// gathering takes the tasks of one batch from the queues, wave by wave.
type gathering struct {
	w            *writer
	first, later *task // what began the batch
	asked        bool  // somebody in the batch waits for an answer
	patient      int   // tasks in it that nobody waits for
}

// next returns the next wave, or none where nothing waits or the batch is to end.
func (g *gathering) next(room int) (wave []*task) {
	wave, g.first = take(wave, g.first, g.w.s.queue, min(room, maxWave)), nil
	g.asked = g.asked || len(wave) > 0
	most := min(room, maxWave) - len(wave)
	switch {
	case g.w.holds:
		most = 0
	case g.asked:
		most = min(most, maxLater-g.patient)
	case g.w.s.dialect.grows:
		most = min(most, maxLater)
	}
	n := len(wave)
	wave, g.later = take(wave, g.later, g.w.s.later, n+most), nil
	g.patient += len(wave) - n
	return wave
}

// take appends first, unless it is nil, and what waits in the queue, until they
// are so many.
func take(wave []*task, first *task, queue <-chan *task, most int) []*task {
	if first != nil {
		wave = append(wave, first)
	}
	for len(wave) < most {
		select {
		case t := <-queue:
			if t == nil { // the queue is closed and empty
				return wave
			}
			wave = append(wave, t)
		default:
			return wave
		}
	}
	return wave
}
